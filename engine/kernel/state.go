package kernel

// Words of the state buffer, which every kernel of a pass reads and which sample
// advances. shaders/lib/state.wgsl has the same.
const (
	StatePos   = 0 // position of the pass's first token
	StateN     = 1 // tokens in the pass
	StateStep  = 2 // tokens sampled so far
	StateWords = 4
)

// Words of the sampling buffer; shaders/sample.wgsl has the same.
const (
	SamplingTemperature = 0 // f32; 0 is greedy
	SamplingTopK        = 1 // u32; 0 admits all
	SamplingTopP        = 2 // f32; 1 admits all
	SamplingMinP        = 3 // f32; 0 admits all
	SamplingFrequency   = 4 // f32
	SamplingPresence    = 5 // f32
	SamplingSeedLow     = 6 // u32
	SamplingSeedHigh    = 7 // u32
	SamplingWords       = 8
)
