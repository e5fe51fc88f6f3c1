package golden

import (
	"math"
	"slices"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// An Oracle is Mixtral once more, written for clarity in float64 and sharing nothing
// with the engine but the weights' values. It is the reference for quantised weights,
// for which no other implementation stored logits.
type Oracle struct {
	c      weights.Config
	tensor map[string][]float32 // dequantised, row-major
	k, v   [][][]float64        // [layer][position][nKVHeads·headDim]
}

// NewOracle dequantises a pack.
func NewOracle(man *weights.Manifest, pack *weights.Memory) *Oracle {
	o := &Oracle{c: man.Config, tensor: map[string][]float32{}}
	for i := range man.Tensors {
		t := &man.Tensors[i]
		values := make([]float32, t.Rows()*t.Cols())
		for _, p := range t.Parts {
			quant.Dequantise(t.Format, values[p.Row0*t.Cols():][:p.Rows*t.Cols()],
				pack.Shards[p.Shard][p.Offset:p.Offset+p.Length], p.Rows, t.Cols())
		}
		o.tensor[t.Name] = values
	}
	o.reset()
	return o
}

func (o *Oracle) reset() {
	o.k, o.v = make([][][]float64, o.c.NLayers), make([][][]float64, o.c.NLayers)
}

// A step is what one token makes.
type step struct {
	logits  []float64
	experts [][]int   // [layer][topK]
	margin  []float64 // [layer]
}

// matvec is W·x for the tensor [len(x) columns].
func (o *Oracle) matvec(name string, x []float64) []float64 {
	w := o.tensor[name]
	y := make([]float64, len(w)/len(x))
	for r := range y {
		sum := 0.0
		for c, v := range w[r*len(x):][:len(x)] {
			sum += float64(v) * x[c]
		}
		y[r] = sum
	}
	return y
}

func (o *Oracle) rmsNorm(name string, x []float64) []float64 {
	squares := 0.0
	for _, v := range x {
		squares += v * v
	}
	inv := 1 / math.Sqrt(squares/float64(len(x))+o.c.NormEps)
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v * inv * float64(o.tensor[name][i])
	}
	return y
}

// run appends one token to the sequence.
func (o *Oracle) run(token int32) step {
	c := o.c
	x := make([]float64, c.Dim)
	for i := range x {
		x[i] = float64(o.tensor[weights.Embed][int(token)*c.Dim+i])
	}
	var s step
	for l := range c.NLayers {
		att := o.attention(l, o.rmsNorm(weights.Layer(l, weights.AttnNorm), x))
		addTo(x, 1, o.matvec(weights.Layer(l, weights.Output), att))
		h := o.rmsNorm(weights.Layer(l, weights.FFNNorm), x)
		experts, share, margin := route(o.matvec(weights.Layer(l, weights.Router), h), c.NExpertsPerTok)
		s.experts, s.margin = append(s.experts, experts), append(s.margin, margin)
		for i, e := range experts {
			gate := o.matvec(weights.Expert(l, e, weights.Gate), h)
			for j, u := range o.matvec(weights.Expert(l, e, weights.Up), h) {
				gate[j] *= u / (1 + math.Exp(-gate[j]))
			}
			addTo(x, share[i], o.matvec(weights.Expert(l, e, weights.Down), gate))
		}
	}
	s.logits = o.matvec(weights.LMHead, o.rmsNorm(weights.Norm, x))
	return s
}

func (o *Oracle) attention(l int, x []float64) []float64 {
	c, pos := o.c, len(o.k[l])
	qkv := o.matvec(weights.Layer(l, weights.QKV), x)
	rotary := (c.NHeads + c.NKVHeads) * c.HeadDim
	for first := 0; first < rotary; first += c.HeadDim {
		for i := range c.HeadDim / 2 {
			frequency := float32(1 / math.Pow(c.RopeTheta, float64(2*i)/float64(c.HeadDim)))
			sin, cos := math.Sincos(float64(float32(pos) * frequency))
			a, b := &qkv[first+i], &qkv[first+i+c.HeadDim/2]
			*a, *b = *a*cos-*b*sin, *b*cos+*a*sin
		}
	}
	o.k[l] = append(o.k[l], qkv[c.NHeads*c.HeadDim:rotary])
	o.v[l] = append(o.v[l], qkv[rotary:])
	out := make([]float64, c.NHeads*c.HeadDim)
	for h := range c.NHeads {
		kv := h / (c.NHeads / c.NKVHeads) * c.HeadDim
		score := make([]float64, pos+1)
		for p := range score {
			for i := range c.HeadDim {
				score[p] += qkv[h*c.HeadDim+i] * o.k[l][p][kv+i]
			}
			score[p] /= math.Sqrt(float64(c.HeadDim))
		}
		softmax(score)
		for p, w := range score {
			addTo(out[h*c.HeadDim:][:c.HeadDim], w, o.v[l][p][kv:kv+c.HeadDim])
		}
	}
	return out
}

// route picks the topK largest logits and weighs them by a softmax over just those.
func route(logits []float64, topK int) (experts []int, share []float64, margin float64) {
	order := make([]int, len(logits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case logits[a] > logits[b]:
			return -1
		case logits[a] < logits[b]:
			return 1
		}
		return 0
	})
	margin = math.Inf(1)
	if topK < len(order) {
		margin = logits[order[topK-1]] - logits[order[topK]]
	}
	for _, e := range order[:topK] {
		share = append(share, logits[e])
	}
	softmax(share)
	return order[:topK], share, margin
}

func softmax(x []float64) {
	peak, sum := slices.Max(x), 0.0
	for i := range x {
		x[i] = math.Exp(x[i] - peak)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
}

func addTo(y []float64, scale float64, x []float64) {
	for i := range y {
		y[i] += scale * x[i]
	}
}

// Reference computes a reference for the prompts of another, all positions of short
// ones and the last four of long ones, and as many greedy tokens.
func (o *Oracle) Reference(of *Reference) *Reference {
	out := &Reference{}
	for _, p := range of.Prompts {
		q := Prompt{Name: p.Name, IDs: p.IDs, Positions: p.Positions,
			Experts: make([][][]int, o.c.NLayers), RouterMarginAt: make([][]float64, o.c.NLayers)}
		o.reset()
		var s step
		for i, id := range p.IDs {
			s = o.run(id)
			best, margin := argmax(s.logits)
			q.ArgmaxAt, q.ArgmaxMarginAt = append(q.ArgmaxAt, best), append(q.ArgmaxMarginAt, margin)
			for l := range s.experts {
				q.Experts[l] = append(q.Experts[l], s.experts[l])
				q.RouterMarginAt[l] = append(q.RouterMarginAt[l], s.margin[l])
			}
			if slices.Contains(p.Positions, i) {
				q.Logits = append(q.Logits, narrow(s.logits))
			}
		}
		for range p.Greedy {
			best, margin := argmax(s.logits)
			s = o.run(best)
			q.Greedy, q.GreedyMargin = append(q.Greedy, best), append(q.GreedyMargin, margin)
			q.GreedyRouterMargin = append(q.GreedyRouterMargin, slices.Min(s.margin))
		}
		out.Prompts = append(out.Prompts, q)
	}
	return out
}

// argmax is the best token and how far the second is behind.
func argmax[F float32 | float64](logits []F) (best int32, margin float64) {
	second := math.Inf(-1)
	for i, v := range logits {
		switch {
		case i == 0:
		case v > logits[best]:
			second, best = float64(logits[best]), int32(i)
		case float64(v) > second:
			second = float64(v)
		}
	}
	return best, float64(logits[best]) - second
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
