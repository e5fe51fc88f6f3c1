// The state of a pass, shared by all kernels and advanced by sample. Behind these words lie
// the trace, which experts each layer of the token chose, and the slot table: for each layer
// and expert the slot that holds it, or NO_SLOT. Kernels are told where by their params.
const STATE_POS: u32 = 0u;   // position of the pass's first token
const STATE_N: u32 = 1u;     // tokens in the pass; 0: the pass waits, and no kernel does anything
const STATE_STEP: u32 = 2u;  // tokens sampled so far
const STATE_FAULT: u32 = 3u; // 1 + the layer whose experts the pass waits for; 0: none
const STATE_TOKEN: u32 = 4u; // the token sampled last
const STATE_ROWS: u32 = 5u;  // tokens sampled of the pass, where it runs a draft
const NO_SLOT: u32 = 0xffffffffu;
