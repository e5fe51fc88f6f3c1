// The state of a pass, shared by all kernels and advanced by sample.
const STATE_POS: u32 = 0u;  // position of the pass's first token
const STATE_N: u32 = 1u;    // tokens in the pass
const STATE_STEP: u32 = 2u; // tokens sampled so far
