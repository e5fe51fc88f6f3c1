package kerneltest

import (
	"math"
	"slices"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/ref"
	"mixtab/engine/sample"
)

func testSample(t *testing.T, s *suite) {
	greedy := sampling{topP: 1}
	free := sampling{temperature: 1, topP: 1, seed: 7}
	wg := s.tuning.SampleWG
	for _, vocab := range append(around(wg), 1000) {
		s.try(t, name("greedy/vocab=%d", vocab), func(c *trial) { c.sample(s.tuning, c.normal(vocab, 3), greedy, 1) })
		s.try(t, name("free/vocab=%d", vocab), func(c *trial) { c.sample(s.tuning, c.normal(vocab, 3), free, 8) })
	}
	for _, tt := range []struct {
		name     string
		settings sampling
	}{
		{"greedy and penalties", sampling{topP: 1, frequency: 0.5, presence: 0.25}},
		{"cold", sampling{temperature: 0.3, topP: 1, seed: 1}},
		{"hot", sampling{temperature: 1.7, topP: 1, seed: 2}},
		{"top-k of 1", sampling{temperature: 1, topK: 1, topP: 1, seed: 3}},
		{"top-k of 5", sampling{temperature: 1, topK: 5, topP: 1, seed: 1 << 40}},
		{"top-k of all", sampling{temperature: 1, topK: 300, topP: 1, seed: 5}},
		{"top-k of more", sampling{temperature: 1, topK: 3000, topP: 1, seed: 6}},
		{"top-p of 0", sampling{temperature: 1, seed: 7}},
		{"top-p of 0.1", sampling{temperature: 1, topP: 0.1, seed: 8}},
		{"top-p of 0.9", sampling{temperature: 1, topP: 0.9, seed: 9}},
		{"min-p of 0.05", sampling{temperature: 1, topP: 1, minP: 0.05, seed: 10}},
		{"min-p of 1", sampling{temperature: 1, topP: 1, minP: 1, seed: 11}},
		{"frequency", sampling{temperature: 0.5, topP: 1, frequency: 2, seed: 12}},
		{"presence", sampling{temperature: 0.5, topP: 1, presence: 5, seed: 13}},
		{"negative penalties", sampling{temperature: 1, topP: 1, frequency: -0.5, presence: -0.5, seed: 14}},
		{"greedy and repetition", sampling{topP: 1, repetition: 1.3}},
		{"repetition", sampling{temperature: 0.9, topP: 1, repetition: 1.8, seed: 15}},
		{"repetition below 1", sampling{temperature: 0.9, topP: 1, repetition: 0.7, seed: 16}},
		{"all", sampling{temperature: 0.8, topK: 40, topP: 0.95, minP: 0.02, frequency: 0.3, presence: 0.2, repetition: 1.2, seed: 0xfeedfacecafebeef}},
	} {
		s.try(t, tt.name, func(c *trial) { c.sample(s.tuning, c.normal(300, 3), tt.settings, 24) })
	}
	s.try(t, "tuning", func(c *trial) {
		c.sample(otherTuning, c.normal(300, 3), sampling{temperature: 1, topK: 40, topP: 0.9, minP: 0.01, seed: 3}, 16)
	})
	// Logits of few different values: what is tied with the last admitted is admitted.
	for _, settings := range []sampling{
		greedy, {temperature: 1, topK: 3, topP: 1, seed: 20}, {temperature: 1, topP: 0.4, seed: 21},
		{temperature: 1, topK: 20, topP: 0.7, minP: 0.3, seed: 22},
	} {
		s.try(t, name("ties/%+v", settings), func(c *trial) {
			logits := make([]float32, 3*wg+1)
			for i := range logits {
				logits[i] = float32(c.rng.IntN(4)) - 7
			}
			c.sample(s.tuning, logits, settings, 16)
		})
	}
	s.try(t, "equal", func(c *trial) {
		c.sample(s.tuning, make([]float32, 100), sampling{temperature: 1, topK: 1, topP: 0.01, minP: 1, seed: 1}, 8)
	})
	s.try(t, "large logits", func(c *trial) { // only their differences matter
		logits := c.normal(300, 3)
		for i := range logits {
			logits[i] = float32(math.Round(float64(logits[i])*64))/64 + 10000
		}
		c.sample(s.tuning, logits, sampling{temperature: 1, topP: 0.9, seed: 4}, 16)
		for i := range logits {
			logits[i] -= 20000
		}
		c.sample(s.tuning, logits, sampling{temperature: 1, topK: 9, topP: 1, seed: 4}, 16)
	})
	s.try(t, "wide logits", func(c *trial) {
		c.sample(s.tuning, c.normal(300, 500), sampling{temperature: 1, topP: 0.9, seed: 5}, 8)
	})
	s.try(t, "mixtral", func(c *trial) {
		logits := c.normal(32000, 3)
		c.sample(s.tuning, logits, greedy, 2)
		c.sample(s.tuning, logits, free, 8)
		c.sample(s.tuning, logits, sampling{temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05, seed: 99}, 8)
	})
	s.try(t, "waiting", func(c *trial) {
		counts, tokens, out := c.outputOf(make([]uint32, 100)), c.output(3), c.output(64)
		state := c.outputOf([]uint32{40, 0, 11, 3, 78, 1})
		c.run(kernel.Sample(s.tuning, c.floats(c.normal(100, 3)), c.words(free.words()...), counts.binding, tokens.binding, state.binding, out.binding, 100, 64))
		for _, o := range []*output{counts, tokens, out, state} {
			o.check("a pass that waits")
		}
		c.compared++
	})
	s.try(t, "ring", func(c *trial) { c.sampleRing(s.tuning) })
	for _, settings := range []sampling{{topP: 1}, {temperature: 1, topP: 0.9, frequency: 0.5, repetition: 1.2, seed: 31}} {
		s.try(t, name("draft/%+v", settings), func(c *trial) {
			for right := range 4 {
				c.sampleDraft(s.tuning, settings, right)
			}
		})
	}
	s.try(t, "like ref", func(c *trial) { c.sampleLikeRef() })
	s.try(t, "like the host", func(c *trial) { c.sampleLikeHost(s.tuning, 60) })
	s.try(t, "distribution", func(c *trial) { c.distribution(c.normal(16, 1), 16, 4, 1024, 45) })
	s.try(t, "distribution/mixtral", func(c *trial) { c.distribution(c.normal(32000, 2), 8, 1, 512, 30) })
}

// sampling is the sampling buffer.
type sampling struct {
	temperature         float32
	topK                uint32
	topP, minP          float32
	frequency, presence float32
	repetition          float32 // 0: none, as 1
	seed                uint64
}

func (s sampling) words() []uint32 {
	w := make([]uint32, kernel.SamplingWords)
	w[kernel.SamplingTemperature] = math.Float32bits(s.temperature)
	w[kernel.SamplingTopK] = s.topK
	w[kernel.SamplingTopP] = math.Float32bits(s.topP)
	w[kernel.SamplingMinP] = math.Float32bits(s.minP)
	w[kernel.SamplingFrequency] = math.Float32bits(s.frequency)
	w[kernel.SamplingPresence] = math.Float32bits(s.presence)
	w[kernel.SamplingRepetition] = math.Float32bits(1)
	if s.repetition != 0 {
		w[kernel.SamplingRepetition] = math.Float32bits(s.repetition)
	}
	w[kernel.SamplingSeedLow] = uint32(s.seed)
	w[kernel.SamplingSeedHigh] = uint32(s.seed >> 32)
	return w
}

// sample draws n tokens one after the other, and judges each.
func (c *trial) sample(t kernel.Tuning, logits []float32, settings sampling, n int) {
	c.Helper()
	vocab := len(logits)
	const pos, passN, step = 40, 3, 11
	counts := make([]uint32, vocab)
	for i := range counts {
		counts[i] = uint32(c.rng.IntN(3) * c.rng.IntN(2))
	}
	countsOut, tokens := c.outputOf(slices.Clone(counts)), c.output(3)
	state, out := c.outputOf([]uint32{pos, passN, step, 77, 78, 79}), c.output(64)
	prog := c.compile(kernel.Sample(t, c.floats(logits), c.words(settings.words()...), countsOut.binding, tokens.binding, state.binding, out.binding, vocab, 64))
	for range n {
		if err := c.dev.Submit(prog); err != nil {
			c.Fatal(err)
		}
	}
	got := out.read()
	for i := range n {
		at := (step + i) % 64
		if got[at] >= uint32(vocab) {
			c.Fatalf("draw %d is token %d of %d", i, got[at], vocab)
		}
		lottery := newLottery(logits, counts, settings)
		if ok := lottery.allows(int(got[at]), uniform(settings.seed, uint32(step+i))); !ok {
			c.Errorf("draw %d is token %d, want %d", i, got[at], lottery.draw(uniform(settings.seed, uint32(step+i))))
		}
		out.word(at, got[at])
		tokens.word(0, got[at])
		counts[got[at]]++
		countsOut.word(int(got[at]), counts[got[at]])
	}
	state.word(kernel.StatePos, uint32(pos+passN+n-1))
	state.word(kernel.StateN, 1)
	state.word(kernel.StateStep, uint32(step+n))
	state.word(kernel.StateToken, got[(step+n-1)%64])
	state.word(kernel.StateRows, 1)
	out.check("out")
	tokens.check("tokens")
	countsOut.check("counts")
	state.check("state")
}

// sampleRing has more greedy draws than its ring has room.
func (c *trial) sampleRing(t kernel.Tuning) {
	const vocab, ring, step, n = 8, 4, 2, 7
	logits := []float32{8, 7, 6, 5, 4, 3, 2, 1} // each draw costs a token 100
	counts, tokens := c.words(make([]uint32, vocab)...), c.words(0)
	state, out := c.outputOf([]uint32{0, 9, step, 0, 0, 0}), c.output(ring)
	prog := c.compile(kernel.Sample(t, c.floats(logits), c.words(sampling{topP: 1, frequency: 100}.words()...), counts, tokens, state.binding, out.binding, vocab, ring))
	for range n {
		if err := c.dev.Submit(prog); err != nil {
			c.Fatal(err)
		}
	}
	for i := range n {
		out.word((step+i)%ring, uint32(i))
	}
	out.check("out")
	state.word(kernel.StatePos, 9+n-1)
	state.word(kernel.StateN, 1)
	state.word(kernel.StateStep, step+n)
	state.word(kernel.StateToken, n-1)
	state.word(kernel.StateRows, 1)
	state.check("state")
}

// sampleDraft samples from a pass of four tokens, of which the last three are a draft that is
// right in its first so many tokens: as many rows and one give tokens, those that they
// would give one by one.
func (c *trial) sampleDraft(t kernel.Tuning, settings sampling, right int) {
	const vocab, ring, rows, pos, step = 70, 64, 4, 40, 62 // the ring comes round
	logits := c.normal(rows*vocab, 2)
	one := func(row int, counts, state, out *output) {
		c.run(kernel.Sample(t, c.floats(logits[row*vocab:(row+1)*vocab]), c.words(settings.words()...), counts.binding, c.words(0), state.binding, out.binding, vocab, ring))
	}
	counts, state, out := c.outputOf(make([]uint32, vocab)), c.outputOf([]uint32{pos, 1, step, 0, 0, 0}), c.output(ring)
	for row := range right + 1 {
		one(row, counts, state, out)
	}
	want := out.read()
	draft := []uint32{7}
	for i := range rows - 1 {
		token := want[(step+i)%ring]
		if i >= right {
			token++
		}
		draft = append(draft, token)
	}
	gotCounts, tokens := c.outputOf(make([]uint32, vocab)), c.outputOf(slices.Clone(draft))
	gotState, gotOut := c.outputOf([]uint32{pos, rows, step, 0, 9, 9}), c.output(ring)
	var calls []kernel.Call
	for row := range rows {
		calls = append(calls, kernel.SampleDraft(t, c.floats(logits), c.words(settings.words()...), gotCounts.binding, tokens.binding, gotState.binding, gotOut.binding, row, vocab, ring))
	}
	c.run(calls...)
	for i, n := range counts.read()[:vocab] {
		gotCounts.word(i, n)
	}
	for i := range right + 1 {
		gotOut.word((step+i)%ring, want[(step+i)%ring])
	}
	last := want[(step+right)%ring]
	tokens.word(0, last)
	for word, v := range map[int]uint32{
		kernel.StatePos: uint32(pos + right + 1), kernel.StateN: 1, kernel.StateStep: uint32(step + right + 1),
		kernel.StateToken: last, kernel.StateRows: uint32(right + 1),
	} {
		gotState.word(word, v)
	}
	gotOut.check("out")
	tokens.check("tokens")
	gotCounts.check("counts")
	gotState.check("state")
}

// sampleLikeRef draws a sequence on both devices.
func (c *trial) sampleLikeRef() {
	logits := c.normal(500, 3)
	settings := sampling{temperature: 0.9, topK: 60, topP: 0.95, minP: 0.01, frequency: 0.4, presence: 0.3, seed: 2026}
	const n = 64
	draw := func(c *trial) []uint32 {
		out := c.output(n)
		prog := c.compile(kernel.Sample(c.tuning, c.floats(logits), c.words(settings.words()...), c.words(make([]uint32, len(logits))...),
			c.words(0), c.state(0, 1), out.binding, len(logits), n))
		for range n {
			if err := c.dev.Submit(prog); err != nil {
				c.Fatal(err)
			}
		}
		return out.read()
	}
	device := ref.New()
	defer device.Close()
	twin := &trial{T: c.T, ctx: c.ctx, rng: c.rng,
		suite: &suite{dev: device, pipes: kernel.NewPipelines(device), tuning: kernel.TuningFor(device.Info())}}
	defer twin.pipes.Close()
	if got, want := draw(c), draw(twin); !slices.Equal(got, want) {
		c.Errorf("tokens %v\nref's   %v", got, want)
	}
	c.compared += n
}

// sampleLikeHost draws with made-up parameters of all kinds. The host's Pick is to choose the
// same tokens, but where the random number lies at a boundary.
func (c *trial) sampleLikeHost(t kernel.Tuning, n int) {
	const ring = 8
	maybe := func(v float64) float64 { // a parameter that is off every other time
		return v * float64(c.rng.IntN(2))
	}
	same := 0
	for i := range n {
		vocab := 1 + c.rng.IntN(500)
		logits := c.normal(vocab, 1+4*c.rng.Float64())
		counts := make([]uint32, vocab)
		for i := range counts {
			counts[i] = uint32(max(0, c.rng.IntN(8)-4))
		}
		config := sample.Config{
			Temperature: maybe(0.2 + 2*c.rng.Float64()), TopK: int(maybe(float64(1 + c.rng.IntN(vocab)))),
			TopP: maybe(c.rng.Float64()), MinP: maybe(0.3 * c.rng.Float64()), RepetitionPenalty: maybe(0.5 + 1.5*c.rng.Float64()),
			FrequencyPenalty: maybe(4*c.rng.Float64() - 2), PresencePenalty: maybe(4*c.rng.Float64() - 2), Seed: c.rng.Uint64(),
		}
		step := c.rng.Uint32()
		out := c.output(ring)
		c.run(kernel.Sample(t, c.floats(logits), c.words(config.Words()...), c.words(counts...), c.words(0), c.words(0, 1, step, 0, 0, 0), out.binding, vocab, ring))
		got, want := int(out.read()[step%ring]), sample.Pick(config.Words(), logits, counts, step)
		if got == want {
			same++
			continue
		}
		settings := sampling{
			temperature: float32(config.Temperature), topK: uint32(config.TopK), topP: float32(config.TopP), minP: float32(config.MinP),
			frequency: float32(config.FrequencyPenalty), presence: float32(config.PresencePenalty), repetition: float32(config.RepetitionPenalty),
		}
		if config.TopP == 0 {
			settings.topP = 1
		}
		if got >= vocab || !newLottery(logits, counts, settings).allows(got, uniform(config.Seed, step)) {
			c.Errorf("draw %d: token %d, the host's is %d of %d: %+v, step %d", i, got, want, vocab, config, step)
		}
	}
	c.compared += n
	if same < n*95/100 {
		c.Errorf("%d of %d tokens are the host's", same, n)
	}
}

// distribution draws without penalties and compares how often tokens came, in groups
// of about equal weight, with their weights: Pearson's χ² is to stay below limit.
func (c *trial) distribution(logits []float32, groups, seeds, n int, limit float64) {
	vocab := len(logits)
	settings := sampling{temperature: 1, topP: 1}
	lottery := newLottery(logits, make([]uint32, vocab), settings)
	group, expected := make([]int, vocab), make([]float64, groups)
	sum := 0.0
	for i, w := range lottery.weight {
		group[i] = min(int(sum/lottery.total*float64(groups)), groups-1)
		if vocab == groups {
			group[i] = i
		}
		sum += w
		expected[group[i]] += w / lottery.total * float64(seeds*n)
	}
	seen := make([]float64, groups)
	for seed := range seeds {
		settings.seed = uint64(seed)<<32 + 12345
		out := c.output(n)
		prog := c.compile(kernel.Sample(c.tuning, c.floats(logits), c.words(settings.words()...), c.words(make([]uint32, vocab)...),
			c.words(0), c.state(0, 1), out.binding, vocab, n))
		batch := slices.Repeat([]gpu.Program{prog}, 64)
		for range n / len(batch) {
			if err := c.dev.Submit(batch...); err != nil {
				c.Fatal(err)
			}
		}
		for _, token := range out.read() {
			seen[group[token]]++
		}
	}
	χ2 := 0.0
	for i, e := range expected {
		if e > 0 {
			χ2 += (seen[i] - e) * (seen[i] - e) / e
		}
	}
	if !(χ2 < limit) {
		c.Errorf("χ² = %.1f, limit %.0f: drawn %v, expected %.1f", χ2, limit, seen, expected)
	}
	c.compared += groups
}

// A lottery is a distribution over tokens, in float64.
type lottery struct {
	greedy bool
	best   int       // the most likely token, the lowest of equals
	weight []float64 // 0 for those that are out
	border []float64 // the weight of those that rounding may let in or throw out, else 0
	total  float64
}

func newLottery(logits []float32, counts []uint32, s sampling) *lottery {
	l := &lottery{greedy: s.temperature == 0, weight: make([]float64, len(logits)), border: make([]float64, len(logits))}
	z := make([]float64, len(logits))
	for i, v := range logits {
		z[i] = float64(v)
		if counts[i] > 0 && s.repetition != 0 {
			if v > 0 {
				z[i] /= float64(s.repetition)
			} else {
				z[i] *= float64(s.repetition)
			}
		}
		z[i] -= float64(s.frequency) * float64(counts[i])
		if counts[i] > 0 {
			z[i] -= float64(s.presence)
		}
		if !l.greedy {
			z[i] /= float64(s.temperature)
		}
		if z[i] > z[l.best] {
			l.best = i
		}
	}
	const near = 1e-5 // what rounding may move a z, a weight or a share by
	peak := z[l.best]
	if l.greedy {
		for i, v := range z {
			if v != peak && v > peak-near {
				l.border[i] = 1
			}
		}
		return l
	}

	byValue := make([]int, len(z))
	for i := range byValue {
		byValue[i] = i
	}
	slices.SortFunc(byValue, func(a, b int) int {
		if z[a] > z[b] {
			return -1
		}
		return 1
	})
	in, border := make([]bool, len(z)), make([]bool, len(z))
	share := 0.0 // of all that top-k admits
	for rank, i := range byValue {
		in[i] = s.topK == 0 || rank < int(s.topK) || z[i] == z[byValue[s.topK-1]]
		border[i] = s.topK > 0 && int(s.topK) < len(z) &&
			z[i] != z[byValue[s.topK-1]] && math.Abs(z[i]-z[byValue[s.topK-1]]) < near
		if in[i] {
			share += math.Exp(z[i] - peak)
		}
	}
	if s.topP < 1 {
		above := 0.0 // the share of strictly larger ones
		for first := 0; first < len(byValue); {
			end, here := first, 0.0
			for ; end < len(byValue) && z[byValue[end]] == z[byValue[first]]; end++ {
				here += math.Exp(z[byValue[end]]-peak) / share
			}
			for _, i := range byValue[first:end] {
				// A token is out where those above it are enough.
				if above > 0 && above >= float64(s.topP) {
					in[i] = false
				}
				border[i] = border[i] || above > 0 && math.Abs(above-float64(s.topP)) < near
			}
			above += here
			first = end
		}
	}
	for i, v := range z {
		w := math.Exp(v - peak)
		if border[i] || v != peak && math.Abs(w-float64(s.minP)) < near*w {
			l.border[i] = w
		}
		if in[i] && w >= float64(s.minP) {
			l.weight[i] = w
			l.total += w
		}
	}
	return l
}

// draw is the token at which the cumulated weight, in the order of tokens, passes u.
func (l *lottery) draw(u float64) int {
	if l.greedy {
		return l.best
	}
	sum := 0.0
	for i, w := range l.weight {
		if sum += w; sum > u*l.total {
			return i
		}
	}
	return l.best
}

// allows says whether token may come of u, which rounding may have moved by 1e-5.
func (l *lottery) allows(token int, u float64) bool {
	if token == l.draw(u) {
		return true
	}
	if l.greedy {
		return l.border[token] > 0
	}
	const near = 1e-5
	weight := max(l.weight[token], l.border[token])
	if weight == 0 {
		return false
	}
	sum := 0.0
	for _, w := range l.weight[:token] {
		sum += w
	}
	off := 0.0 // what tokens at a border may add to or take from the sum
	for _, w := range l.border {
		off += w / l.total
	}
	return u > sum/l.total-near-off && u < (sum+weight)/l.total+near+off
}

// uniform is the random number of a step: 24 bits of MurmurHash3's finaliser over seed
// and step.
func uniform(seed uint64, step uint32) float64 {
	h := step + 0x9e3779b9
	for _, salt := range []uint32{uint32(seed >> 32), uint32(seed), 0} {
		h ^= h >> 16
		h *= 0x85ebca6b
		h ^= h >> 13
		h *= 0xc2b2ae35
		h ^= h >> 16
		h ^= salt
	}
	return float64(h>>8) / (1 << 24)
}
