package mixtral

import "time"

// submitTime is how long the work of one submit should take. Windows resets a GPU that
// does not answer for 2 s, and a browser's page waits for the same queue.
const submitTime = 250 * time.Millisecond

// took tells how long a pass was under way: at first each layer is a submit, then as many
// are one as fit submitTime, which on a GPU with room is all of them.
func (p *pass) took(d time.Duration) {
	p.perSubmit = max(1, int(int64(len(p.layers))*int64(submitTime)/max(int64(d), 1)))
}
