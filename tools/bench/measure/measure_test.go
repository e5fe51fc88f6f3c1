//go:build !js

package measure

import (
	"errors"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"mixtab/demo"
	"mixtab/engine"
	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/mixtral"
	"mixtab/engine/profile"
	"mixtab/engine/quant"
	"mixtab/engine/ref"
	"mixtab/engine/weights"
	"mixtab/packdir"
	"mixtab/tools/cli"
)

func TestBytesPerToken(t *testing.T) {
	c, err := weights.ParseConfig([]byte(`{"architectures": ["MixtralForCausalLM"], "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 96,
  "max_position_embeddings": 512, "num_attention_heads": 4, "num_experts_per_tok": 2, "num_hidden_layers": 3,
  "num_key_value_heads": 2, "num_local_experts": 4, "rms_norm_eps": 1e-05, "rope_theta": 1e6, "vocab_size": 100}`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := weights.NewPlan(c, quant.Q4, quant.Q8)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(plan.Shards))
	for i := range names {
		names[i] = string(rune('a' + i))
	}
	const (
		q4, q8   = 18, 34                        // bytes of a group of 32
		qkv      = (4 + 2*2) * 16 * 64 / 32 * q4 // rows of queries, keys and values
		output   = 64 * 64 / 32 * q4
		expert   = 3 * 96 * 64 / 32 * q4
		norms    = 2 * 64 * 4
		router   = 4 * 64 * 4
		layer    = qkv + output + norms + router
		head     = 100*64/32*q8 + 64*4 // and the last norm
		row      = 64 / 32 * q8        // of the embedding
		cached   = 2 * 2 * 16 * 4      // of a layer and a position
		position = 50
		want     = row + head + 3*(layer+2*expert+position*cached)
	)
	if got := bytesPerToken(plan.Manifest(names), kernel.KVF32, position); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

func TestPerToken(t *testing.T) {
	var r Result
	r.perToken(4, gpu.Counters{HostCalls: 10, Submits: 1, BytesRead: 100}, gpu.Counters{HostCalls: 30, Submits: 7, BytesRead: 116},
		engine.ExpertStats{Uses: 10, Loads: 10, LoadedBytes: 1000, Wait: time.Second},
		engine.ExpertStats{Uses: 26, Loads: 14, LoadedBytes: 1400, Wait: 3 * time.Second})
	want := Result{HostCallsPerToken: 5, SubmitsPerToken: 1.5, ReadbackPerToken: 4, ExpertHitRate: 0.75, ExpertBytesPerToken: 100, ExpertWaitMsPerToken: 500}
	if r.HostCallsPerToken != want.HostCallsPerToken || r.SubmitsPerToken != want.SubmitsPerToken ||
		r.ReadbackPerToken != want.ReadbackPerToken || r.ExpertHitRate != want.ExpertHitRate ||
		r.ExpertBytesPerToken != want.ExpertBytesPerToken || r.ExpertWaitMsPerToken != want.ExpertWaitMsPerToken {
		t.Errorf("got %+v\nwant %+v", r, want)
	}
	r.perToken(4, gpu.Counters{}, gpu.Counters{}, engine.ExpertStats{}, engine.ExpertStats{})
	if r.ExpertHitRate != 1 {
		t.Errorf("nothing was asked for: hit rate %v", r.ExpertHitRate)
	}
}

func TestBound(t *testing.T) {
	r := Result{DecodeTokS: 5, BytesPerToken: 1e9, CopyGBs: 10, DispatchesPerToken: 1000}
	r.bound(25 * time.Microsecond)
	if r.BandwidthShare != 0.5 || r.DispatchMicros != 25 || math.Abs(r.BoundTokS-8) > 1e-9 || math.Abs(r.BoundShare-0.625) > 1e-9 {
		t.Errorf("got %+v: 0.1 s of memory and 0.025 s of dispatches", r)
	}
}

func TestParseStatus(t *testing.T) {
	m := parseStatus([]byte("Name:\tbench\nVmHWM:\t  999 kB\nRssAnon:\t     100 kB\nRssFile:\t      20 kB\nRssShmem:\t       3 kB\nThreads:\t4\n"))
	if want := (memory{peak: 103 << 10, mapped: 20 << 10}); m != want {
		t.Errorf("got %+v, want %+v", m, want)
	}
}

// The gauge sees memory that was there for a moment only.
func TestGauge(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIP: reads /proc/self/status")
	}
	g := startGauge(t.Context())
	before, _ := g.read(t.Context())
	b := make([]byte, 64<<20)
	for i := range b {
		b[i] = 1
	}
	time.Sleep(250 * time.Millisecond)
	runtime.KeepAlive(b)
	after, _ := g.read(t.Context())
	if _, err := os.Stat("/proc/self/status"); err == nil && after.peak-before.peak < 48<<20 {
		t.Errorf("64 MB more, and the peak went from %d to %d MB", before.peak>>20, after.peak>>20)
	}
}

// The same tokens whatever the budget; the figures tell what it cost.
func TestRunWithBudget(t *testing.T) {
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	dev := ref.New()
	defer dev.Close()
	man := pack.Manifest()
	run := func(slots int) (Result, [][]int) {
		var chosen [][]int
		c := Config{IDs: []int32{1, 5, 9}, Gen: 8, Runs: 1, Routing: func(r mixtral.Routing) { chosen = append(chosen, r.Experts) }}
		tensor, err := man.Tensor(weights.Expert(0, 0, weights.Gate))
		if err != nil {
			t.Fatal(err)
		}
		c.ExpertBudget = int64(slots) * 3 * tensor.Bytes()
		r, err := Run(t.Context(), dev, pack.Source(dev), c, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r, chosen
	}
	all, routes := run(0)
	if all.ExpertHitRate != 1 || all.ExpertBytesPerToken != 0 || all.SharedPool || all.ExpertSlots != man.Config.NLayers*man.Config.NExperts {
		t.Errorf("with all experts: %+v", all)
	}
	half, again := run(man.Config.NLayers * man.Config.NExperts / 2)
	if !slices.Equal(half.Tokens, all.Tokens) || half.SharedPool || half.ExpertHitRate <= 0 || half.ExpertHitRate >= 1 || half.ExpertBytesPerToken <= 0 {
		t.Errorf("with half of them: %+v", half)
	}
	if len(routes) < 7 || !slices.EqualFunc(routes[:7], again[:7], slices.Equal[[]int]) {
		t.Errorf("the routes differ: %v and %v", routes, again)
	}
	trace := &experts.Trace{Layers: man.Config.NLayers, Experts: man.Config.NExperts, TopK: man.Config.NExpertsPerTok}
	for _, e := range again[:7] {
		trace.Tokens = append(trace.Tokens, experts.Token{Experts: e})
	}
	if err := experts.Write(t.Output(), trace); err != nil {
		t.Error(err)
	}
}

// A profile has the kernels of both parts, and leaves the run as it was.
func TestProfile(t *testing.T) {
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	dev := ref.New()
	defer dev.Close()
	r, err := Run(t.Context(), dev, pack.Source(dev), Config{IDs: []int32{1, 5, 9}, Gen: 4, Runs: 1, Profile: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := Run(t.Context(), dev, pack.Source(dev), Config{IDs: []int32{1, 5, 9}, Gen: 4, Runs: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := r.Profile
	if !slices.Equal(r.Tokens, plain.Tokens) || plain.Profile != nil || p == nil || p.Steps < 3 || p.Steps != math.Trunc(p.Steps) {
		t.Fatalf("got %+v", p)
	}
	calls := 0
	for _, row := range p.Decode {
		calls += row.Calls
		if row.Work.Bytes <= 0 || row.Seconds <= 0 {
			t.Errorf("nothing is known of %+v", row)
		}
	}
	if calls != int(p.Steps)*r.DispatchesPerToken {
		t.Errorf("%d dispatches of %v tokens, which have %d each", calls, p.Steps, r.DispatchesPerToken)
	}
	if !slices.ContainsFunc(p.Prefill, func(row profile.Row) bool { return strings.HasPrefix(row.Kernel, "moe_plan ") }) {
		t.Errorf("prefill sorted no tokens: %+v", p.Prefill)
	}
}

// Variants are measured where that is wanted, and the run is the same.
func TestTune(t *testing.T) {
	for _, device := range []string{"ref", "native"} {
		t.Run(device, func(t *testing.T) {
			if device == "native" && testing.Short() {
				t.Skip("SKIP: -short")
			}
			dev, err := cli.OpenDevice(t.Context(), device)
			if errors.Is(err, gpu.ErrNoWebGPU) && os.Getenv("MIXTAB_REQUIRE") != "native" {
				t.Skip("SKIP: ", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer dev.Close()
			pack, err := packdir.OpenFS(demo.FS())
			if err != nil {
				t.Fatal(err)
			}
			c := Config{IDs: []int32{1, 5, 9}, Gen: 4, Runs: 1}
			plain, err := Run(t.Context(), dev, pack.Source(dev), c, nil)
			if err != nil {
				t.Fatal(err)
			}
			c.Tune = true
			tuned, err := Run(t.Context(), dev, pack.Source(dev), c, nil)
			if err != nil {
				t.Fatal(err)
			}
			r := tuned.Tuning.Measured
			if plain.Tuning.Measured != nil || plain.Tuning.Decode == "" || r == nil || !slices.Equal(plain.Tokens, tuned.Tokens) {
				t.Fatalf("got %+v, without measuring %+v", tuned, plain)
			}
			used := ""
			for _, v := range r.Decode {
				if v.Error != "" || v.Seconds <= 0 {
					t.Errorf("%v: %v s, %s", v.Variant, v.Seconds, v.Error)
				}
				if v.InUse {
					used += v.Variant.String()
				}
			}
			if used != tuned.Tuning.Decode || len(r.Decode) < 5 || len(r.Prefill) < 4 || len(r.Attention) < 2 {
				t.Errorf("in use %q, %+v", used, tuned.Tuning)
			}
		})
	}
}
