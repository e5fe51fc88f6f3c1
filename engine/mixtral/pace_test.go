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
		sizes []int // two programs a layer, the embedding with the first, the end by itself
	}{
		{"first", 0, fromStart, []int{3, 2, 2, 2, 2, 2, 1}},
		{"fast", time.Millisecond, fromStart, []int{14}},
		{"as long as a submit may take", submitTime, fromStart, []int{13, 1}},
		{"twice as long", 2 * submitTime, fromStart, []int{7, 6, 1}},
		{"slow", 100 * submitTime, fromStart, []int{3, 2, 2, 2, 2, 2, 1}},
		{"from a layer's experts on", 0, 4, []int{1, 2, 1}},
		{"fast, from the last layer's", time.Millisecond, 5, []int{2}},
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
			if err := p.submit(dev, c.from); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(dev.sizes, c.sizes) {
				t.Errorf("got %v, want %v", dev.sizes, c.sizes)
			}
		})
	}
}
