// Package golden compares the engine with an independent computation of a checkpoint's
// logits, and says exactly where they part.
//
// A reference is a folder with reference.json and raw float32 files: for each prompt
// the logits at some or all positions, every router's choice with its margin, and 32
// greedy tokens with theirs. The committed ones were made with Hugging Face's
// unmodified modeling_mixtral.py in float32.
package golden

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
)

// A Reference is what another implementation computes for a checkpoint.
type Reference struct {
	Prompts []Prompt // in the order of their names
}

// A Prompt is one sequence of ids and all that is known about it.
type Prompt struct {
	Name      string
	IDs       []int32
	Positions []int       // at which logits are known
	Logits    [][]float32 // [len(Positions)][vocab]

	ArgmaxAt       []int32     // [len(IDs)]
	ArgmaxMarginAt []float64   // [len(IDs)]: the best logit less the second
	Experts        [][][]int   // [layer][len(IDs)][topK], heaviest first
	RouterMarginAt [][]float64 // [layer][len(IDs)]: the last chosen logit less the first not chosen

	Greedy             []int32
	GreedyMargin       []float64 // of the argmax that chose each
	GreedyRouterMargin []float64 // the least margin of any router while each ran
}

// referenceFile is reference.json.
type referenceFile struct {
	Prompts map[string]struct {
		IDs          []int32        `json:"ids"`
		LogitsAll    *matrixFile    `json:"logits_all"`
		LogitsLast   *matrixFile    `json:"logits_last4"`
		Argmax       []int32        `json:"argmax_per_position"`
		ArgmaxMargin []float64      `json:"argmax_margin_per_position"`
		Router       []routerReport `json:"router"`
		Greedy       struct {
			IDs          []int32   `json:"ids"`
			ArgmaxMargin []float64 `json:"argmax_margin"`
			RouterMargin []float64 `json:"router_margin_after_token"`
		} `json:"greedy"`
	} `json:"prompts"`
}

type matrixFile struct {
	File      string `json:"file"`
	Shape     []int  `json:"shape"`
	Positions []int  `json:"positions"`
}

type routerReport struct {
	TopIDs [][]int   `json:"top_ids"`
	Margin []float64 `json:"margin_2nd_3rd_logit"`
}

// Load reads a reference folder.
func Load(dir fs.FS) (*Reference, error) {
	raw, err := fs.ReadFile(dir, "reference.json")
	if err != nil {
		var e *fs.PathError // its name is without the folder, which the caller knows
		if errors.As(err, &e) {
			err = e.Err
		}
		return nil, fmt.Errorf("reference.json: %w: name a folder that holds one", err)
	}
	var file referenceFile
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("reference.json: %w", err)
	}
	ref := &Reference{}
	for name, p := range file.Prompts {
		prompt := Prompt{Name: name, IDs: p.IDs, ArgmaxAt: p.Argmax, ArgmaxMarginAt: p.ArgmaxMargin,
			Greedy: p.Greedy.IDs, GreedyMargin: p.Greedy.ArgmaxMargin, GreedyRouterMargin: p.Greedy.RouterMargin}
		stored := p.LogitsAll
		if stored == nil {
			stored = p.LogitsLast
		}
		if stored == nil {
			return nil, fmt.Errorf("reference.json: prompt %s has no logits", name)
		}
		if prompt.Logits, err = readMatrix(dir, *stored); err != nil {
			return nil, err
		}
		prompt.Positions = stored.Positions
		for i := 0; stored.Positions == nil && i < len(p.IDs); i++ {
			prompt.Positions = append(prompt.Positions, i)
		}
		for _, layer := range p.Router {
			prompt.Experts = append(prompt.Experts, layer.TopIDs)
			prompt.RouterMarginAt = append(prompt.RouterMarginAt, layer.Margin)
		}
		if err := prompt.check(); err != nil {
			return nil, fmt.Errorf("reference.json: prompt %s: %w", name, err)
		}
		ref.Prompts = append(ref.Prompts, prompt)
	}
	if len(ref.Prompts) == 0 {
		return nil, errors.New("reference.json has no prompts")
	}
	slices.SortFunc(ref.Prompts, func(a, b Prompt) int { return len(a.IDs) - len(b.IDs) })
	return ref, nil
}

// check makes sure that the comparison will not run out of a slice.
func (p *Prompt) check() error {
	n := len(p.IDs)
	switch {
	case n == 0 || len(p.ArgmaxAt) != n || len(p.ArgmaxMarginAt) != n:
		return fmt.Errorf("%d ids, %d argmaxes, %d margins", n, len(p.ArgmaxAt), len(p.ArgmaxMarginAt))
	case len(p.Positions) != len(p.Logits) || len(p.Logits) == 0:
		return fmt.Errorf("%d positions, %d rows of logits", len(p.Positions), len(p.Logits))
	case len(p.Greedy) != len(p.GreedyMargin) || len(p.Greedy) != len(p.GreedyRouterMargin):
		return fmt.Errorf("%d greedy tokens, %d and %d margins", len(p.Greedy), len(p.GreedyMargin), len(p.GreedyRouterMargin))
	case len(p.Experts) == 0:
		return fmt.Errorf("no router choices")
	}
	for l := range p.Experts {
		if len(p.Experts[l]) != n || len(p.RouterMarginAt[l]) != n {
			return fmt.Errorf("layer %d: %d router choices, %d margins, %d ids", l, len(p.Experts[l]), len(p.RouterMarginAt[l]), n)
		}
	}
	return nil
}

func readMatrix(dir fs.FS, m matrixFile) ([][]float32, error) {
	raw, err := fs.ReadFile(dir, m.File)
	if err != nil {
		return nil, err
	}
	if len(m.Shape) != 2 || len(raw) != 4*m.Shape[0]*m.Shape[1] {
		return nil, fmt.Errorf("%s has %d bytes, its shape is %v", m.File, len(raw), m.Shape)
	}
	rows := make([][]float32, m.Shape[0])
	for r := range rows {
		rows[r] = make([]float32, m.Shape[1])
		for c := range rows[r] {
			rows[r][c] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*(r*m.Shape[1]+c):]))
		}
	}
	return rows, nil
}
