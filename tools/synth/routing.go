package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// Random routers spread tokens evenly, and a token's experts say nothing of the next
// token's. Real ones have favourites, and neighbouring tokens share experts. A routing
// gives a random model both, through channels of the residual stream that are set aside:
//
//   - One group of 32 channels holds the same number for every token, from the embedding
//     to the last layer: no matrix writes there, and only two read it. Routers do, with
//     weights that make their experts' logits differ as the logarithms of Zipf's weights
//     do; and the first layer's queries and keys do, where the number, turned by RoPE,
//     makes attention look at the last few tokens.
//   - A quarter of the channels is empty in the embedding. The first layer's attention, whose
//     output projection is larger there, writes an average of those last tokens into it,
//     which changes slowly from token to token. All routers see it, so their choices
//     change slowly too. The output head does not, or the same token would come for ever.
//
// What routers see besides is the token itself, so their logits are the sum of a constant,
// a slow and a fresh part.
type routing struct {
	config weights.Config
	seed   uint64

	zipf float64 // favours experts by i^-zipf, i their rank
	slow int     // groups of channels that attention writes the average to

	slowSD float64 // of the numbers in these
	gain   float64 // of the first output projection there
	pairs  []int   // of a head's rotations: those that make the window
	query  float64 // what these have in queries and keys
}

const (
	shareSlow = 4 // one group in so many

	// Attention weighs a token d behind by exp(window·(mean of cos(θd) - 1)) over the
	// rotations with θ in this range, which is about a bell of five tokens.
	window   = 30
	leastTh  = 0.01
	mostTh   = 0.1
	horizon  = 512
	qkNoise  = 0.3  // of a random query's and key's size, so that the window prevails
	maxReuse = 0.5  // more would leave nothing of the token itself
	maxZipf  = 2    // more would starve the last experts
	constant = 1.0  // what the constant channels hold in the embedding
	logitSD  = 2.0  // of a router's logits, by moments
	gumbelSD = 1.28 // of the noise under which log weights become choices by weight
)

// newRouting is nil where nothing is asked for.
func newRouting(c weights.Config, zipf, reuse float64, seed uint64) (*routing, error) {
	switch {
	case zipf == 0 && reuse == 0:
		return nil, nil
	case !(zipf >= 0 && zipf <= maxZipf):
		return nil, fmt.Errorf("-skew is %v; supported are 0 to %v", zipf, maxZipf)
	case !(reuse >= 0 && reuse <= maxReuse):
		return nil, fmt.Errorf("-reuse is %v; supported are 0 to %v", reuse, maxReuse)
	case c.Dim < 4*quant.Group:
		return nil, fmt.Errorf("-skew and -reuse need -hidden %d or more", 4*quant.Group)
	}
	r := &routing{config: c, seed: seed, zipf: zipf}
	if reuse == 0 {
		return r, nil
	}
	r.slow = c.Dim / quant.Group / shareSlow
	for i := range c.HeadDim / 2 {
		if th := math.Pow(c.RopeTheta, -2*float64(i)/float64(c.HeadDim)); th >= leastTh && th <= mostTh {
			r.pairs = append(r.pairs, i)
		}
	}
	if len(r.pairs) == 0 {
		return nil, fmt.Errorf("-reuse needs a larger -head-dim than %d", c.HeadDim)
	}
	r.query = math.Sqrt(window * math.Sqrt(float64(c.HeadDim)) / float64(2*len(r.pairs)))

	// With logits that are correlated by ρ from one token to the next, 1-√(1-ρ) of the
	// choices repeat for that reason alone (simulated; exact to 0.02 for 8 experts, top 2).
	variance, correlation := r.average()
	share := reuse * (2 - reuse) / correlation // of the slow part in what routers see
	fresh := c.Dim/quant.Group - 1 - r.slow
	r.slowSD = math.Sqrt(share / (1 - share) * float64(fresh) / float64(r.slow))
	r.gain = r.slowSD / math.Sqrt(variance)
	return r, nil
}

// average is the variance of what the windowed attention makes of unit values, and its
// correlation with the next token's.
func (r *routing) average() (variance, correlation float64) {
	weight := func(d int) float64 {
		var sum float64
		for _, i := range r.pairs {
			sum += math.Cos(float64(d) * math.Pow(r.config.RopeTheta, -2*float64(i)/float64(r.config.HeadDim)))
		}
		return math.Exp(window * (sum/float64(len(r.pairs)) - 1))
	}
	var sum, squares, next float64
	for d := range horizon {
		sum += weight(d)
		squares += weight(d) * weight(d)
		next += weight(d) * weight(d+1)
	}
	return squares / (sum * sum), next / squares
}

// rms is the residual stream's where a layer's router reads it; before, where the first
// layer's attention does.
func (r *routing) rms(layer int) float64 {
	const experts = 0.2 // what all layers' experts add, together
	groups := r.config.Dim / quant.Group
	sum := constant*constant + float64(groups-1-r.slow) + float64(r.slow)*r.slowSD*r.slowSD
	return math.Sqrt(sum/float64(groups) + experts*float64(layer)/float64(r.config.NLayers))
}

func (r *routing) rmsBefore() float64 {
	groups := r.config.Dim / quant.Group
	return math.Sqrt((constant*constant + float64(groups-1-r.slow)) / float64(groups))
}

// scale is what a tensor's numbers are multiplied by: projections onto the residual
// stream, by as much as keeps its size where it was, however many layers there are.
func (r *routing) scale(name string) float64 {
	switch kindOf(name) {
	case string(weights.Output), string(weights.Down):
		return 1 / math.Sqrt(float64(r.config.NLayers))
	}
	return 1
}

// imprint changes a part's random numbers where channels are set aside.
func (r *routing) imprint(name string, m matrix) {
	var layer int
	fmt.Sscanf(name, "layers.%d.", &layer)
	c := r.config
	switch kind := kindOf(name); kind {
	case weights.Embed:
		for row := range m.rows {
			m.set(row, 0, constant)
			for g := range r.slow {
				m.set(row, 1+g, 0)
			}
		}
	case weights.LMHead:
		for row := range m.rows {
			for g := range 1 + r.slow {
				m.set(row, g, 0)
			}
		}
	case string(weights.Router):
		rank := rand.New(rand.NewPCG(r.seed, 1<<63|uint64(layer))).Perm(c.NExperts)
		unit := logitSD / gumbelSD * r.rms(layer) / (constant * quant.Group)
		for row := range m.rows {
			m.set(row, 0, -r.zipf*math.Log(float64(1+rank[m.row0+row]))*unit)
		}
	case string(weights.QKV):
		for row := range m.rows {
			at := m.row0 + row
			if layer > 0 || r.slow == 0 || at >= (c.NHeads+c.NKVHeads)*c.HeadDim { // a value
				m.set(row, 0, 0)
				continue
			}
			for g := range c.Dim / quant.Group {
				m.multiply(row, g, qkNoise)
			}
			m.set(row, 0, r.queryAt(at%c.HeadDim)*r.rmsBefore()/(constant*quant.Group))
		}
	case string(weights.Output), string(weights.Down):
		for row := range m.rows {
			g := (m.row0 + row) / quant.Group
			switch {
			case g == 0:
				m.multiplyRow(row, 0)
			case g <= r.slow && kind == string(weights.Output) && layer == 0:
				m.multiplyRow(row, r.gain/r.scale(name))
			}
		}
	case string(weights.Gate), string(weights.Up):
		for row := range m.rows {
			m.set(row, 0, 0)
		}
	}
}

// queryAt is the constant part of a query or key: RoPE turns i and i + headDim/2 together.
func (r *routing) queryAt(i int) float64 {
	for _, pair := range r.pairs {
		if i%(r.config.HeadDim/2) == pair {
			return r.query
		}
	}
	return 0
}

func kindOf(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// A matrix is a part of a tensor: its bytes, in a format, and the rows that it holds.
type matrix struct {
	bytes      []byte
	format     quant.Format
	rows, cols int
	row0       int
}

// set makes all numbers of a group of columns the same.
func (m matrix) set(row, group int, v float64) {
	first := row*m.cols + group*quant.Group
	switch m.format {
	case quant.F32:
		for i := range quant.Group {
			binary.LittleEndian.PutUint32(m.bytes[4*(first+i):], math.Float32bits(float32(v)))
		}
	case quant.F16:
		for i := range quant.Group {
			binary.LittleEndian.PutUint16(m.bytes[2*(first+i):], quant.ToF16(float32(v)))
		}
	case quant.Q8:
		for i := range quant.Group {
			m.bytes[first+i] = 127
		}
		m.setScale(row, group, v/127)
	case quant.Q4:
		clear(m.bytes[first/2 : (first+quant.Group)/2]) // -8
		m.setScale(row, group, v/-8)
	}
}

// multiply scales the numbers of a group of columns.
func (m matrix) multiply(row, group int, factor float64) {
	first := row*m.cols + group*quant.Group
	switch m.format {
	case quant.F32:
		for i := range quant.Group {
			b := m.bytes[4*(first+i):]
			binary.LittleEndian.PutUint32(b, math.Float32bits(math.Float32frombits(binary.LittleEndian.Uint32(b))*float32(factor)))
		}
	case quant.F16:
		for i := range quant.Group {
			b := m.bytes[2*(first+i):]
			binary.LittleEndian.PutUint16(b, quant.ToF16(quant.FromF16(binary.LittleEndian.Uint16(b))*float32(factor)))
		}
	default:
		d := quant.FromF16(binary.LittleEndian.Uint16(m.scaleAt(row, group)))
		m.setScale(row, group, float64(d)*factor)
	}
}

func (m matrix) multiplyRow(row int, factor float64) {
	for g := range m.cols / quant.Group {
		m.multiply(row, g, factor)
	}
}

func (m matrix) setScale(row, group int, d float64) {
	binary.LittleEndian.PutUint16(m.scaleAt(row, group), quant.ToF16(float32(d)))
}

func (m matrix) scaleAt(row, group int) []byte {
	return m.bytes[m.format.ScalesOffset(m.rows, m.cols)+2*(row*m.cols/quant.Group+group):]
}
