package golden

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"

	"mixtab/engine/gpu"
	"mixtab/engine/mixtral"
	"mixtab/engine/quant"
	"mixtab/engine/weights"
	"mixtab/tools/pack/convert"
)

// PackOptions are those under which a checkpoint is compared: embeddings and output
// head are not quantised, as in the references.
func PackOptions(format quant.Format) convert.Options {
	head := quant.F32
	if format == quant.F16 {
		head = quant.F16
	}
	return convert.Options{Format: format, Head: &head}
}

// storedNames are the names that quant_reference.json has for our formats.
var storedNames = map[quant.Format]string{quant.Q4: "q4_0_g32", quant.Q8: "q8_0_g32"}

// LoadQuant reads the logits of the prompt len7 that another implementation computed
// with quantised weights. There are none for f32 and f16.
func LoadQuant(dir fs.FS, format quant.Format) (*Prompt, error) {
	name, ok := storedNames[format]
	if !ok {
		return nil, fmt.Errorf("golden: no logits of %v are stored", format)
	}
	raw, err := fs.ReadFile(dir, "quant_reference.json")
	if err != nil {
		return nil, fmt.Errorf("golden: %w", err)
	}
	var file struct {
		Prompts map[string][]int32 `json:"prompts"`
		Formats map[string]struct {
			Len7 matrixFile `json:"len7_logits"`
		} `json:"formats"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("golden: quant_reference.json: %w", err)
	}
	p := &Prompt{Name: "len7", IDs: file.Prompts["len7"]}
	if p.Logits, err = readMatrix(dir, file.Formats[name].Len7); err != nil {
		return nil, fmt.Errorf("golden: %s: %w", name, err)
	}
	if len(p.Logits) != len(p.IDs) {
		return nil, fmt.Errorf("golden: %s: %d rows of logits for %d ids", name, len(p.Logits), len(p.IDs))
	}
	for i := range p.IDs {
		p.Positions = append(p.Positions, i)
	}
	return p, nil
}

// RunLogits compares one prompt's logits alone.
func RunLogits(ctx context.Context, dev gpu.Device, pack *weights.Memory, p *Prompt, way Way) (Report, error) {
	r := Report{Name: p.Name}
	man, err := weights.ParseManifest(pack.ManifestBytes)
	if err != nil {
		return r, err
	}
	m, err := mixtral.Load(ctx, dev, pack.Source(dev), man, way.options(dev.Info(), len(p.IDs)))
	if err != nil {
		return r, err
	}
	defer m.Close()
	if err := m.Prefill(ctx, p.IDs); err != nil {
		return r, err
	}
	rows, err := m.Logits(ctx, len(p.IDs))
	if err != nil {
		return r, err
	}
	p.ArgmaxAt, p.ArgmaxMarginAt = make([]int32, len(p.IDs)), make([]float64, len(p.IDs)) // not stored: all ties
	r.compareLogits(p, slices.Collect(slices.Chunk(rows, m.Config.VocabSize)), Tolerance{})
	return r, nil
}
