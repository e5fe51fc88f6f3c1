package kerneltest

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/quant"
	"mixtab/engine/ref"
)

// collector keeps the descriptions of the pipelines that it is asked for.
type collector struct {
	*ref.Device
	mu    sync.Mutex
	descs []gpu.PipelineDesc
}

func (d *collector) NewPipeline(ctx context.Context, desc gpu.PipelineDesc) (gpu.Pipeline, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.descs = append(d.descs, desc)
	return d.Device.NewPipeline(ctx, desc)
}

// allFeatures are those of a device that can run every variant.
var allFeatures = gpu.Info{Features: gpu.Features{ShaderF16: true, SubgroupSize: 32, PackedDot: true}}

// allCalls has one call of every kernel, format and variant, on no buffers. Labels tell
// which are the same.
func allCalls() []kernel.Call {
	var all []kernel.Call
	seen := map[string]bool{}
	for _, t := range variantsFor(otherTuning, allFeatures) {
		for _, call := range callsOf(t) {
			if !seen[call.Label()] {
				seen[call.Label()] = true
				all = append(all, call)
			}
		}
	}
	return all
}

func callsOf(t kernel.Tuning) []kernel.Call {
	var b gpu.Binding
	h := kernel.Heads{NHeads: 4, NKVHeads: 2, HeadDim: 16}
	c := kernel.Choice{Experts: 8, TopK: 2}
	calls := []kernel.Call{
		kernel.RMSNorm(t, b, b, b, b, 5, 32, 1e-5, false),
		kernel.Router(t, b, b, b, b, b, b, 5, 32, 1e-5, c, kernel.RouterSlots{}),
		kernel.MoEPlan(t, b, b, b, 8, 5, c),
		kernel.MoECombine(t, b, b, b, b, 5, 32, c),
		kernel.Copy(t, b, b, 64),
		kernel.FMA(t, b, b, 64, 1, 1),
		kernel.Sample(t, b, b, b, b, b, b, 100, 16),
	}
	for _, kv := range kernel.KVFormats {
		cache := kernel.KV{Format: kv, Context: 5000}
		for _, variant := range kernel.AttentionVariants {
			t.Attention = variant
			calls = append(calls, kernel.Attention(t, b, cache, b, b, b, 5, h)[0])
		}
		t.Attention = kernel.ByTeam
		calls = append(calls, kernel.Attention(t, b, cache, b, b, b, 9, h)...)
		for _, f := range quant.Formats {
			calls = append(calls, kernel.QKV(t, f, kv, b, b, b, b, b, b, b, 5, 32, h))
		}
	}
	q8 := kernel.KV{Format: kernel.KVQ8, Context: 5000}
	calls = append(calls, kernel.KVQuantise(t, b, b, b, q8, 5, h), kernel.Attention(t, b, q8, b, b, b, 5, h)[1])
	for _, f := range quant.Formats {
		m := kernel.ExpertMatrix{Format: f, Rows: 8, Cols: 32, Slots: 8, PerBank: 4}
		calls = append(calls,
			kernel.Embed(t, f, b, b, b, b, 5, 32, 8, 0),
			kernel.Matmul(t, f, b, b, b, b, 5, 8, 32, 8, 0, true),
			kernel.Matmul(t, f, b, b, b, b, 1, 8, 32, 8, 0, false),
			kernel.MoEGateUp(t, b, b, m, m, b, b, 8, 1, c),
			kernel.MoEDown(t, b, b, m, b, b, 8, 1, c),
			kernel.MoEGateUpGrouped(t, b, b, m, m, b, 5, c),
			kernel.MoEDownGrouped(t, b, b, m, b, 5, c))
	}
	return calls
}

func allDescs(t *testing.T) []gpu.PipelineDesc {
	t.Helper()
	d := &collector{Device: ref.New()}
	if err := kernel.NewPipelines(d).Prepare(t.Context(), allCalls()); err != nil {
		t.Fatal(err)
	}
	if len(d.descs) != len(allCalls()) {
		t.Fatalf("%d pipelines of %d calls: labels are not unique", len(d.descs), len(allCalls()))
	}
	return d.descs
}

var (
	comments   = regexp.MustCompile(`//[^\n]*`)
	bindings   = regexp.MustCompile(`@group\(0\) @binding\((\d+)\) var<([a-z, _]+)> (\w+):`)
	constants  = regexp.MustCompile(`(?m)^const (\w+): u32 = `)
	functions  = regexp.MustCompile(`(?m)^fn (\w+)\(`)
	access     = map[string]gpu.Access{"storage, read": gpu.Read, "storage, read_write": gpu.ReadWrite, "uniform": gpu.Params}
	identifier = regexp.MustCompile(`\w+`)
)

// Every kernel's text is complete, and its bindings are those that the op gives.
func TestSources(t *testing.T) {
	for _, desc := range allDescs(t) {
		t.Run(desc.Label, func(t *testing.T) {
			text := comments.ReplaceAllString(desc.Source, "")
			for _, left := range []string{"#", "$", "WEIGHTS"} {
				if strings.Contains(text, left) {
					t.Errorf("%q is left in the source", left)
				}
			}
			var got []gpu.Access
			for i, m := range bindings.FindAllStringSubmatch(text, -1) {
				if m[1] != string(rune('0'+i)) {
					t.Errorf("binding %d is number %s", i, m[1])
				}
				got = append(got, access[m[2]])
			}
			if !slices.Equal(got, desc.Bindings) {
				t.Errorf("WGSL binds %v, the op %v", got, desc.Bindings)
			}
			for what, re := range map[string]*regexp.Regexp{"constant": constants, "function": functions} {
				seen := map[string]bool{}
				for _, m := range re.FindAllStringSubmatch(text, -1) {
					if seen[m[1]] {
						t.Errorf("%s %s is there twice", what, m[1])
					}
					seen[m[1]] = true
				}
			}
			words := map[string]int{}
			for _, w := range identifier.FindAllString(text, -1) {
				words[w]++
			}
			for _, c := range desc.Constants {
				ofProduct := c.Name == "TEAM" || c.Name == "TOKENS" || c.Name == "BYTE_PAIRS" // not everywhere, or to unroll only
				if c.Name != kernel.FormatConstant && c.Name != kernel.KVConstant && !ofProduct && words[c.Name] < 2 {
					t.Errorf("constant %s is not used", c.Name)
				}
			}
		})
	}
}
