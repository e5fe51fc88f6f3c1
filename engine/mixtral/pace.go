package mixtral

import (
	"context"
	"slices"
	"time"

	"mixtab/engine/gpu"
)

// submitTime is how long the work of one submit should take. Windows resets a GPU that
// does not answer for 2 s, and a browser's page waits for the same queue.
const submitTime = 250 * time.Millisecond

// A pass is a list of programs, one for each layer and what lies around them, that run
// in order. How many go into one submit is measured: at first one each, then as many
// as fit submitTime, which on a GPU with room is all of them.
type pass struct {
	parts     []gpu.Program
	perSubmit int
}

func newPass(parts []gpu.Program) pass { return pass{parts: parts, perSubmit: 1} }

// submit queues the pass.
func (p *pass) submit(dev gpu.Device) error {
	for parts := range slices.Chunk(p.parts, p.perSubmit) {
		if err := dev.Submit(parts...); err != nil {
			return err
		}
	}
	return nil
}

// took tells how long a pass was under way.
func (p *pass) took(d time.Duration) {
	p.perSubmit = max(1, int(int64(len(p.parts))*int64(submitTime)/max(int64(d), 1)))
}

// A timedReadback tells its pass how long the device worked for it: since it was asked
// for, or since the one before it came, if that was later.
type timedReadback struct {
	gpu.Readback
	pass  *pass
	asked time.Time
	last  *time.Time
}

func (r *timedReadback) Wait(ctx context.Context, dst []byte) error {
	if err := r.Readback.Wait(ctx, dst); err != nil {
		return err
	}
	now := time.Now()
	since := r.asked
	if r.last.After(since) {
		since = *r.last
	}
	*r.last = now
	r.pass.took(now.Sub(since))
	return nil
}
