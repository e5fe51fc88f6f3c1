package golden

import (
	"testing"

	"mixtab/engine/quant"
	"mixtab/engine/ref"
	"mixtab/engine/weights"
	"mixtab/tools/pack/convert"
	"mixtab/tools/pack/testdata"
)

func TestRef(t *testing.T) { RunAll(t, ref.New()) }

// TestOracle holds the oracle, the reference for quantised weights, to the other
// implementation's logits of unquantised ones.
func TestOracle(t *testing.T) {
	for _, model := range []string{"tiny", "odd"} {
		t.Run(model, func(t *testing.T) {
			pack, err := convert.Memory(t.Context(), model, sub(t, testdata.FS, model), PackOptions(quant.F32))
			if err != nil {
				t.Fatal(err)
			}
			man, err := weights.ParseManifest(pack.ManifestBytes)
			if err != nil {
				t.Fatal(err)
			}
			want, err := Load(sub(t, references, "testdata/"+model))
			if err != nil {
				t.Fatal(err)
			}
			got := NewOracle(man, pack).Reference(want)
			for i := range want.Prompts {
				p := &want.Prompts[i]
				r := Report{Name: p.Name}
				logits := make([][]float32, len(p.IDs))
				for j, pos := range p.Positions {
					logits[pos] = got.Prompts[i].Logits[j]
				}
				r.compareRouters(p, got.Prompts[i].Experts, CPU)
				r.compareLogits(p, fill(logits, man.Config.VocabSize, got.Prompts[i].ArgmaxAt), CPU)
				r.Greedy.Equal = true
				if !r.Within(CPU) {
					t.Errorf("%s: %+v", p.Name, r)
				}
			}
		})
	}
}

// fill makes rows for positions whose logits were not kept, with only the argmax right.
func fill(logits [][]float32, vocab int, best []int32) [][]float32 {
	for i := range logits {
		if logits[i] == nil {
			logits[i] = make([]float32, vocab)
			logits[i][best[i]] = 1
		}
	}
	return logits
}

// TestComparisonFails makes sure that each kind of difference is seen.
func TestComparisonFails(t *testing.T) {
	prompt := Prompt{IDs: []int32{1, 2}, Positions: []int{0, 1}, Logits: [][]float32{{0, 1}, {3, 0}},
		ArgmaxAt: []int32{1, 0}, ArgmaxMarginAt: []float64{1, 3},
		Experts: [][][]int{{{0, 1}, {2, 3}}}, RouterMarginAt: [][]float64{{1, 1}}}
	same := func() ([][]float32, [][][]int) {
		return [][]float32{{0, 1}, {3, 0}}, [][][]int{{{1, 0}, {2, 3}}}
	}
	nan := float32(0)
	nan /= nan
	for _, c := range []struct {
		name   string
		change func(logits [][]float32, experts [][][]int)
		within bool
	}{
		{"nothing", func([][]float32, [][][]int) {}, true},
		{"a logit", func(l [][]float32, _ [][][]int) { l[1][1] = 0.01 }, false},
		{"NaN", func(l [][]float32, _ [][][]int) { l[0][0] = nan }, false},
		{"an argmax", func(l [][]float32, _ [][][]int) { l[1] = []float32{0, 3} }, false},
		{"a router", func(_ [][]float32, e [][][]int) { e[0][1] = []int{2, 4} }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			logits, experts := same()
			c.change(logits, experts)
			r := Report{}
			r.compareRouters(&prompt, experts, CPU)
			r.compareLogits(&prompt, logits, CPU)
			r.Greedy.Equal = true
			if r.Within(CPU) != c.within {
				t.Errorf("within is %v, want %v: %+v", r.Within(CPU), c.within, r)
			}
		})
	}
}
