package kerneltest

import (
	"testing"

	"mixtab/engine/kernel"
)

func testMoEPlan(t *testing.T, s *suite) {
	for _, tuning := range []kernel.Tuning{s.tuning, otherTuning} {
		for _, choice := range []kernel.Choice{{Experts: 4, TopK: 1}, {Experts: 8, TopK: 2}, {Experts: 16, TopK: 3}, {Experts: 64, TopK: 2}} {
			capacity := 4*tuning.Prefill.TokenSpan() + 3
			for _, n := range []int{0, 1, tuning.Prefill.TokenSpan(), capacity} {
				s.try(t, name("tile=%d/%d of %d/n=%d", tuning.Prefill.TokenSpan(), choice.TopK, choice.Experts, n), func(c *trial) {
					routes, _ := c.routes(capacity, choice)
					c.plan(tuning, capacity, n, choice, routes)
				})
			}
		}
	}
	choice := kernel.Choice{Experts: 8, TopK: 2}
	s.try(t, "absent", func(c *trial) {
		capacity := 4*s.tuning.Prefill.TokenSpan() + 3
		routes, _ := c.routes(capacity, choice)
		c.plan(s.tuning, capacity, capacity, choice, routes, 0, 3, 7)
		c.plan(s.tuning, capacity, capacity, choice, routes, 0, 1, 2, 3, 4, 5, 6, 7)
	})
	for _, n := range around(s.tuning.Prefill.TokenSpan()) {
		s.try(t, name("crowd/n=%d", n), func(c *trial) { // all want the same two
			var routes []route
			for range n {
				routes = append(routes, route{7, 0.5}, route{0, 0.5})
			}
			c.plan(s.tuning, 2*s.tuning.Prefill.TokenSpan()+3, n, choice, routes)
		})
	}
	s.try(t, "chunk", func(c *trial) {
		routes, _ := c.routes(s.tuning.Chunk, choice)
		c.plan(s.tuning, s.tuning.Chunk, s.tuning.Chunk, choice, routes)
	})
}

func (c *trial) plan(t kernel.Tuning, capacity, n int, choice kernel.Choice, routes []route, absent ...int) {
	words := make([]uint32, capacity*choice.TopK*2)
	for i, r := range routes {
		words[2*i], words[2*i+1] = uint32(r.expert), 0x3f000000
	}
	want := planOf(t, capacity, choice, routes[:n*choice.TopK], absent...)
	plan := c.output(len(want))
	state, table := c.slots(n, choice, absent...)
	c.run(kernel.MoEPlan(t, c.words(words...), state.binding, plan.binding, table, capacity, choice))

	for i := range 3 {
		plan.word(i, want[i])
	}
	for i := range int(want[0]) {
		for j := range 3 {
			plan.word(4+4*i+j, want[4+4*i+j])
		}
	}
	order := len(want) - capacity*choice.TopK
	for i := range n * choice.TopK {
		plan.word(order+i, want[order+i])
	}
	plan.check("plan")
}
