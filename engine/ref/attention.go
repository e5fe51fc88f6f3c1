package ref

import "math"

// q, k, v, state, y
func attention(c *call) { attendAll(c, 1, c.constant("SPAN"), c.param(3)) }

// attendAll is attention where a workgroup has some tokens, and spans of positions are joined
// later, if there are several.
func attendAll(c *call, tokens, span, spans int) {
	q, state, y := c.b[0].floats(), c.b[3], c.b[4].floats()
	nHeads, nKVHeads := c.param(0), c.param(1)
	headDim, group := c.constant("HEAD_DIM"), c.constant("GROUP")
	cache := kvCache{format: c.constant("KV_FORMAT"), k: c.b[1], v: c.b[2], headDim: headDim, scales: 2 * c.param(2)}
	pos, n := int(state[statePos]), min(int(state[stateN]), c.reach(1, tokens))
	kvHeads := min(nKVHeads, c.reach(0, 1)/((group+3)/4))
	reached := min(spans, c.reach(2, 1))
	parallel(n*kvHeads*reached, func(first, end int) {
		for at := first; at < end; at++ {
			t, kv, s := at/kvHeads/reached, at/reached%kvHeads, at%reached
			begin, stop := s*span, pos+t+1
			if spans > 1 {
				stop = min(stop, begin+span)
			}
			if begin >= stop {
				continue
			}
			a := newAttended(group, headDim)
			row := t*nHeads + kv*group
			a.attend(q[row*headDim:], &cache, begin, stop, nKVHeads, kv)
			for h := range group {
				if spans == 1 {
					a.put(y[(row+h)*headDim:], h, a.total[h])
					continue
				}
				part := y[((row+h)*spans+s)*(headDim+4):]
				a.put(part, h, 1)
				copy(part[headDim:], []float32{float32(a.peak[h]), float32(a.total[h]), 0, 0})
			}
		}
	})
}

// attended is what heads that share a key head have summed up.
type attended struct {
	headDim     int
	peak, total []float64 // by head
	sum         []float64 // [heads, headDim]: of e^(score - peak) times the values
}

func newAttended(heads, headDim int) *attended {
	return &attended{headDim: headDim, peak: make([]float64, heads), total: make([]float64, heads), sum: make([]float64, heads*headDim)}
}

// attend looks at the positions from begin to end, which lie stride rows apart.
func (a *attended) attend(q []float32, cache *kvCache, begin, end, stride, kv int) {
	scale := 1 / math.Sqrt(float64(a.headDim))
	heads := len(a.peak)
	queries := widen(q[:heads*a.headDim])
	scores := make([]float64, heads*(end-begin))
	row := make([]float64, a.headDim)
	for h := range a.peak {
		a.peak[h] = math.Inf(-1)
	}
	for p := begin; p < end; p++ {
		cache.key(p*stride+kv, row)
		for h := range heads {
			s := dot(row, queries[h*a.headDim:]) * scale
			scores[(p-begin)*heads+h] = s
			a.peak[h] = max(a.peak[h], s)
		}
	}
	for p := begin; p < end; p++ {
		cache.value(p*stride+kv, row)
		for h := range heads {
			e := math.Exp(scores[(p-begin)*heads+h] - a.peak[h])
			a.total[h] += e
			sum := a.sum[h*a.headDim:][:a.headDim]
			for i, x := range row {
				sum[i] += float64(e * x)
			}
		}
	}
}

// put writes a head's sum over its total. Both are rounded first, as where they are part of
// a sum over spans, so that it does not matter how many spans there are room for.
func (a *attended) put(to []float32, head int, total float64) {
	total = float64(float32(total))
	for i, s := range a.sum[head*a.headDim:][:a.headDim] {
		to[i] = float32(float64(float32(s)) / total)
	}
}
