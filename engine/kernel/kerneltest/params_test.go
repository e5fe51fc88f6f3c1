package kerneltest

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// params has the Go struct of every kernel's Params; nil where it has none.
var params = map[string]any{
	"attention":           kernel.AttentionParams{},
	"attention_reduce":    kernel.AttentionReduceParams{},
	"attention_tiled":     kernel.AttentionTiledParams{},
	"copy":                kernel.CopyParams{},
	"embed":               kernel.EmbedParams{},
	"fma":                 kernel.FMAParams{},
	"kv_quantise":         kernel.KVQuantiseParams{},
	"matmul":              kernel.MatmulParams{},
	"moe_combine":         kernel.MoECombineParams{},
	"moe_down":            kernel.SlotParams{},
	"moe_down_grouped":    kernel.ExpertParams{},
	"moe_gate_up":         kernel.SlotParams{},
	"moe_gate_up_grouped": kernel.ExpertParams{},
	"moe_plan":            kernel.MoEPlanParams{},
	"qkv":                 kernel.QKVParams{},
	"rmsnorm":             kernel.RMSNormParams{},
	"router":              kernel.RouterParams{},
	"sample":              kernel.SampleParams{},
}

var (
	paramsStruct = regexp.MustCompile(`struct Params \{([^}]*)\}`)
	paramsField  = regexp.MustCompile(`(\w+): (\w+),`)
)

// The params of both languages have the same names, types and order. All are of 4
// bytes, so that they lie at the same offsets.
func TestParams(t *testing.T) {
	seen := map[string]bool{}
	for _, desc := range allDescs(t) {
		if seen[desc.Kernel] {
			continue
		}
		seen[desc.Kernel] = true
		var inWGSL, inGo []string
		if m := paramsStruct.FindStringSubmatch(desc.Source); m != nil {
			for _, f := range paramsField.FindAllStringSubmatch(m[1], -1) {
				inWGSL = append(inWGSL, f[1]+" "+f[2])
			}
		}
		want, known := params[desc.Kernel]
		if !known {
			t.Errorf("%s is not in the table of params", desc.Kernel)
			continue
		}
		if want != nil {
			kinds := map[reflect.Kind]string{reflect.Uint32: "u32", reflect.Float32: "f32", reflect.Int32: "i32"}
			for i := range reflect.TypeOf(want).NumField() {
				f := reflect.TypeOf(want).Field(i)
				inGo = append(inGo, strings.ReplaceAll(strings.ToLower(f.Name), "_", "")+" "+kinds[f.Type.Kind()])
			}
		}
		has := desc.Bindings[len(desc.Bindings)-1] == gpu.Params
		if has != (want != nil) {
			t.Errorf("%s: params are bound: %v, in the table: %v", desc.Kernel, has, want != nil)
		}
		if got := strings.ReplaceAll(strings.Join(inWGSL, ", "), "_", ""); got != strings.Join(inGo, ", ") {
			t.Errorf("%s: WGSL has %s; Go has %s", desc.Kernel, got, strings.Join(inGo, ", "))
		}
	}
	if len(seen) != len(params) {
		t.Errorf("%d kernels were compared of %d", len(seen), len(params))
	}
}
