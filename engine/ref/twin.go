package ref

import (
	"math"
	"runtime"
	"sync"
	"unsafe"

	"mixtab/engine/gpu"
	"mixtab/engine/quant"
)

// twins has every kernel by its stem.
var twins = map[string]func(*call){
	"attention":           attention,
	"attention_reduce":    attentionReduce,
	"attention_tiled":     attentionTiled,
	"copy":                copyWords,
	"embed":               embed,
	"fma":                 fma,
	"kv_quantise":         kvQuantise,
	"matmul":              matmul,
	"moe_combine":         moeCombine,
	"moe_down":            moeDown,
	"moe_down_grouped":    moeDownGrouped,
	"moe_gate_up":         moeGateUp,
	"moe_gate_up_grouped": moeGateUpGrouped,
	"moe_plan":            moePlan,
	"qkv":                 qkv,
	"rmsnorm":             rmsnorm,
	"router":              router,
	"sample":              sampleToken,
}

// A call is one dispatch as its twin sees it.
type call struct {
	desc    *gpu.PipelineDesc
	run     func(*call)
	b       []words // the bindings in order, params last
	buffers []*buffer
	grid    [3]int
}

func (c *call) constant(name string) int { return int(c.desc.Constant(name)) }

// param is word i of the params.
func (c *call) param(i int) int { return int(c.b[len(c.b)-1][i]) }

func (c *call) paramFloat(i int) float64 {
	return float64(math.Float32frombits(c.b[len(c.b)-1][i]))
}

// reach is how many elements the grid covers along an axis where a workgroup has per:
// what lies beyond stays as it was, as on a GPU.
func (c *call) reach(axis, per int) int { return c.grid[axis] * per }

// rowReach is how many rows of weights the grid covers.
func (c *call) rowReach() int {
	return c.reach(0, c.constant("WG")/c.constant("TEAM")*c.constant("ROWS"))
}

// Words of the state binding, as in shaders/lib/state.wgsl.
const (
	statePos   = 0
	stateN     = 1
	stateStep  = 2
	stateFault = 3
	stateToken = 4
	stateRows  = 5
)

const noSlot = math.MaxUint32

// words is device memory.
type words []uint32

func (w words) floats() []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(w))), len(w))
}
func (w words) bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), 4*len(w))
}

// A matrix is weights [rows, cols] as engine/quant lays them out.
type matrix struct {
	format     quant.Format
	bytes      []byte
	rows, cols int
}

// matrix reads the one at a byte offset of a binding.
func (c *call) matrix(b words, offset, rows, cols int) matrix {
	f := quant.Format(c.constant("FORMAT"))
	return matrix{f, b.bytes()[offset : offset+f.Bytes(rows, cols)], rows, cols}
}

// A row is one row of a matrix as numbers.
type row struct {
	exact  []float32
	values []float64
}

func newRow(cols int) *row { return &row{make([]float32, cols), make([]float64, cols)} }

// load dequantises row r of m.
func (w *row) load(m matrix, r int) []float64 {
	quant.DequantiseRows(m.format, w.exact, m.bytes, m.rows, m.cols, r)
	for i, v := range w.exact {
		w.values[i] = float64(v)
	}
	return w.values
}

// widen copies activations to float64, once for all rows that multiply them.
func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// dot is Σ a·b. Products of two float32 are exact in float64, so that it does not
// matter whether the compiler fuses them with the sum.
func dot(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64 // four chains, for the adder's latency
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// parallel splits 0 … n over the processors. Results do not depend on the split.
func parallel(n int, do func(first, end int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		do(0, n)
		return
	}
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() { do(n*i/workers, n*(i+1)/workers) })
	}
	group.Wait()
}

func silu(x float64) float64 { return x / (1 + math.Exp(-x)) }
