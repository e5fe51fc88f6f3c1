package kernel

import (
	"mixtab/engine/gpu"
	"mixtab/engine/quant"
)

// This file says what a call must do at least: every weight, key and value that it needs
// is read once, and every activation read or written once. A profile holds the time that
// it took against that.

// rowsWork is that of n tokens, at most most, times the same rows of weights. touched
// says how many outputs are read or written for each row.
func rowsWork(format quant.Format, rows, cols, most int, touched float64) gpu.WorkFunc {
	return func(_, n int) gpu.Work {
		tokens := float64(min(n, most))
		return gpu.Work{
			Bytes: float64(format.Bytes(rows, cols)) + 4*tokens*(float64(cols)+touched*float64(rows)),
			Flops: 2 * tokens * float64(rows) * float64(cols),
		}
	}
}

// expertsWork is that of n tokens times matrices of the experts that they chose. Which
// ones these are is not known: as many as can differ.
func expertsWork(m ExpertMatrix, matrices, n int, c Choice) gpu.WorkFunc {
	return func(_, now int) gpu.Work {
		entries := min(n, now) * c.TopK
		weights := matrices * min(entries, c.Experts) * m.Format.Bytes(m.Rows, m.Cols)
		return gpu.Work{
			Bytes: float64(weights + 4*entries*(m.Cols+m.Rows)),
			Flops: 2 * float64(matrices*entries) * float64(m.Rows) * float64(m.Cols),
		}
	}
}

// attentionWork is that of n queries at positions one after the other. cached is the
// bytes of a position's keys and values.
func attentionWork(h Heads, n, cached int) gpu.WorkFunc {
	return func(pos, now int) gpu.Work {
		now = min(now, n)
		pairs := float64(now)*float64(pos) + float64(now)*float64(now+1)/2 // of a query and a key
		return gpu.Work{
			Bytes: float64(cached)*float64(pos+now) + 8*float64(now)*float64(h.NHeads*h.HeadDim),
			Flops: 4 * pairs * float64(h.NHeads*h.HeadDim),
		}
	}
}

// numbersWork is that of once bytes, and for each of n tokens so many 4-byte numbers and
// operations.
func numbersWork(once, n, numbers, flops int) gpu.WorkFunc {
	return func(_, now int) gpu.Work {
		now = min(now, n)
		return gpu.Work{Bytes: float64(once + 4*now*numbers), Flops: float64(now * flops)}
	}
}

// Work is the least that the call must do in a pass of n tokens from a position on.
func (c *Call) Work(pos, n int) gpu.Work { return c.work(pos, n) }
