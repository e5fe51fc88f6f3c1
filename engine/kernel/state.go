package kernel

// Words of the state buffer, which every kernel of a pass reads and which sample
// advances. shaders/lib/state.wgsl has the same.
const (
	StatePos   = 0 // position of the pass's first token
	StateN     = 1 // tokens in the pass; 0: it waits for experts, and no kernel does anything
	StateStep  = 2 // tokens sampled so far
	StateFault = 3 // 1 + the layer whose experts the pass waits for; 0: none
	StateToken = 4 // the token sampled last
	StateRows  = 5 // tokens sampled of the pass, where it runs a draft

	stateHead = 8
)

// NoSlot stands in the slot table for an expert that is not on the device.
const NoSlot = 0xffffffff

// A StateLayout says what lies behind the state's first words in a model of so many
// layers: the trace, which experts each layer chose for the pass's one token and with what
// weights, and the slot table, which slot each layer's experts lie in.
type StateLayout struct {
	Layers int
	Choice
}

// Trace is the first word of a layer's TopK chosen experts, each with its weight as in a
// route: (expert u32, weight f32)[TopK].
func (s StateLayout) Trace(layer int) int { return stateHead + layer*2*s.TopK }

// Table is the first word of a layer's slots, one for each expert.
func (s StateLayout) Table(layer int) int { return s.Trace(s.Layers) + layer*s.Experts }

// Words is the size of the state buffer.
func (s StateLayout) Words() int { return s.Table(s.Layers) }

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
	SamplingRepetition  = 8 // f32; 1 changes nothing
	SamplingWords       = 9
)
