package golden

import (
	"embed"
	"fmt"
	"io/fs"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/quant"
	"mixtab/engine/weights"
	"mixtab/tools/pack/convert"
	"mixtab/tools/pack/testdata"
)

//go:embed testdata
var references embed.FS

// RunAll holds a device to the committed references, in every format. tiny-sharded has
// the weights of tiny in several files.
func RunAll(t *testing.T, dev gpu.Device) {
	for _, model := range []struct {
		checkpoint, reference string
		formats               []quant.Format
	}{{"tiny", "tiny", quant.Formats}, {"tiny-sharded", "tiny", []quant.Format{quant.F32}}, {"odd", "odd", quant.Formats}} {
		for _, format := range model.formats {
			t.Run(model.checkpoint+"/"+format.String(), func(t *testing.T) {
				testModel(t, dev, model.checkpoint, model.reference, format, Way{})
			})
		}
	}
	for _, kv := range []kernel.KVFormat{kernel.KVF16, kernel.KVQ8} {
		for _, checkpoint := range []string{"tiny", "odd"} {
			t.Run(fmt.Sprintf("%s/f32/kv %v", checkpoint, kv), func(t *testing.T) {
				testModel(t, dev, checkpoint, checkpoint, quant.F32, Way{KV: kv})
			})
		}
	}
	for _, arithmetic := range kernel.Arithmetics[1:] {
		if has := map[kernel.Arithmetic]bool{kernel.F16: dev.Info().Features.ShaderF16, kernel.Int8: dev.Info().Features.PackedDot}; !has[arithmetic] {
			continue
		}
		for checkpoint, format := range map[string]quant.Format{"tiny": quant.Q4, "odd": quant.Q8} {
			t.Run(fmt.Sprintf("products in %s/%s/%v", arithmetic, checkpoint, format), func(t *testing.T) {
				testModel(t, dev, checkpoint, checkpoint, format, Way{Arithmetic: arithmetic})
			})
		}
	}
}

func testModel(t *testing.T, dev gpu.Device, checkpoint, reference string, format quant.Format, way Way) {
	ctx := t.Context()
	pack, err := convert.Memory(ctx, checkpoint, sub(t, testdata.FS, checkpoint), PackOptions(format))
	if err != nil {
		t.Fatal(err)
	}
	want, err := Load(sub(t, references, "testdata/"+reference))
	if err != nil {
		t.Fatal(err)
	}
	tol := ToleranceFor(dev.Info(), way)
	if format == quant.Q8 || format == quant.Q4 {
		man, err := weights.ParseManifest(pack.ManifestBytes)
		if err != nil {
			t.Fatal(err)
		}
		want = NewOracle(man, pack).Reference(want)
	}
	reports, err := Run(ctx, dev, pack, want, way, tol)
	if err != nil {
		t.Fatal(err)
	}
	if len(reports) != 5 {
		t.Errorf("%d prompts were run, want 5", len(reports))
	}
	for _, r := range reports {
		t.Logf("%s: %d positions, max abs %.2g, rms %.2g, greedy equal in %d", r.Name, r.Positions, r.MaxAbs, r.RMS, r.Greedy.Compared)
		if !r.Within(tol) {
			t.Errorf("%s is outside the tolerance %+v: %+v", r.Name, tol, r)
		}
	}
	if stored, err := LoadQuant(sub(t, references, "testdata/quant-"+reference), format); err == nil {
		r, err := RunLogits(ctx, dev, pack, stored, way)
		if err != nil {
			t.Fatal(err)
		}
		if !(r.MaxAbs <= tol.MaxAbs && r.RMS <= tol.RMS) || r.Positions != len(stored.IDs) {
			t.Errorf("stored logits of %s: %+v is outside the tolerance %+v", format, r, tol)
		}
	} else if reference == "tiny" && (format == quant.Q8 || format == quant.Q4) {
		t.Error(err)
	}
}

func sub(t *testing.T, fsys fs.FS, dir string) fs.FS {
	t.Helper()
	s, err := fs.Sub(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
