package mixtral

import (
	"slices"
	"testing"
	"time"

	"mixtab/engine/gpu"
)

// submits is a device that only notes how many programs come at a time.
type submits struct {
	gpu.Device
	sizes []int
}

func (s *submits) Submit(programs ...gpu.Program) error {
	s.sizes = append(s.sizes, len(programs))
	return nil
}

type noProgram struct{ gpu.Program }

func TestPace(t *testing.T) {
	for _, c := range []struct {
		name  string
		took  time.Duration // 0: nothing known yet
		from  int
		upto  int
		sizes []int // the embedding and the first attention with the first layer's experts, and then two a layer
	}{
		{"first", 0, fromStart, 6, []int{4, 2, 2, 2, 2, 2}},
		{"fast", time.Millisecond, fromStart, 6, []int{14}},
		{"as long as a submit may take", submitTime, fromStart, 6, []int{14}},
		{"twice as long", 2 * submitTime, fromStart, 6, []int{8, 6}},
		{"slow", 100 * submitTime, fromStart, 6, []int{4, 2, 2, 2, 2, 2}},
		{"from a layer's experts on", 0, 4, 6, []int{2, 2}},
		{"fast, from the last layer's", time.Millisecond, 5, 6, []int{2}},
		{"up to the first layer's choice", 0, fromStart, 0, []int{2}},
		{"up to a layer's choice", time.Millisecond, 1, 3, []int{4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &pass{begin: noProgram{}, end: noProgram{}, perSubmit: 1}
			for range 6 {
				p.layers = append(p.layers, layerPrograms{attention: noProgram{}, experts: noProgram{}})
			}
			if c.took > 0 {
				p.took(c.took)
			}
			dev := &submits{}
			last, err := p.submit(dev, c.from, c.upto, nil)
			if err != nil {
				t.Fatal(err)
			}
			dev.Submit(last...)
			if !slices.Equal(dev.sizes, c.sizes) {
				t.Errorf("got %v, want %v", dev.sizes, c.sizes)
			}
		})
	}
}
