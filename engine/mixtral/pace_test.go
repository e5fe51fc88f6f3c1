package mixtral

import (
	"testing"
	"time"

	"mixtab/engine/gpu"
)

// submits is a device that only counts.
type submits struct {
	gpu.Device
	sizes []int
}

func (s *submits) Submit(programs ...gpu.Program) error {
	s.sizes = append(s.sizes, len(programs))
	return nil
}

func TestPace(t *testing.T) {
	for _, c := range []struct {
		name  string
		took  time.Duration // 0: nothing known yet
		sizes []int
	}{
		{"first", 0, []int{1, 1, 1, 1, 1, 1}},
		{"fast", time.Millisecond, []int{6}},
		{"as long as a submit may take", submitTime, []int{6}},
		{"twice as long", 2 * submitTime, []int{3, 3}},
		{"slow", 100 * submitTime, []int{1, 1, 1, 1, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPass(make([]gpu.Program, 6))
			if c.took > 0 {
				p.took(c.took)
			}
			dev := &submits{}
			if err := p.submit(dev); err != nil {
				t.Fatal(err)
			}
			if got, want := dev.sizes, c.sizes; len(got) != len(want) || got[0] != want[0] {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}
