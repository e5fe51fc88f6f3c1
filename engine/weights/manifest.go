package weights

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"mixtab/engine/quant"
)

// Version is the version of the format that this package reads and writes.
const Version = 1

// Alignment is that of a part's offset in its shard, so that a shard loaded whole can
// be bound part by part.
const Alignment = 256

// TemplateMixtral is the prompt template of Mixtral-Instruct, the only one so far.
const TemplateMixtral = "mixtral-instruct"

// A Manifest describes a pack.
type Manifest struct {
	Version    int          `json:"version"`
	Name       string       `json:"name"` // for people
	Config     Config       `json:"config"`
	Format     quant.Format `json:"format"`      // of attention and experts
	HeadFormat quant.Format `json:"head_format"` // of embed and lm_head
	Template   string       `json:"template"`
	Generation Generation   `json:"generation"`
	Licence    string       `json:"licence"` // "" where the checkpoint says nothing
	Source     string       `json:"source"`  // where the checkpoint comes from, "" if unknown
	Tokenizer  Tokenizer    `json:"tokenizer"`
	Tensors    []Tensor     `json:"tensors"`
	Shards     []Shard      `json:"shards"`

	byName map[string]*Tensor
}

// Generation are the model's own defaults for sampling. TopP 0 and TopK 0 mean off.
type Generation struct {
	Temperature float64 `json:"temperature"`
	TopP        float64 `json:"top_p"`
	TopK        int     `json:"top_k"`
}

// Kinds of tokenizer files.
const (
	KindSentencePiece = "sentencepiece" // tokenizer.model
	KindHuggingFace   = "huggingface"   // tokenizer.json
	KindNone          = "none"
)

// Tokenizer says where the tokenizer is. Of kind "none", all else is empty.
type Tokenizer struct {
	Kind      string `json:"kind"`
	File      string `json:"file,omitempty"` // in the pack's folder
	SHA256    string `json:"sha256,omitempty"`
	VocabSize int    `json:"vocab_size,omitempty"`
}

// A Tensor is a matrix [rows, cols] or a vector [n]. A vector is stored like a matrix
// [1, n].
type Tensor struct {
	Name   string       `json:"name"`
	Shape  []int        `json:"shape"`
	Format quant.Format `json:"format"`
	Parts  []Part       `json:"parts"` // in the order of their rows
}

// Rows is the number of rows; 1 of a vector.
func (t *Tensor) Rows() int {
	if len(t.Shape) == 1 {
		return 1
	}
	return t.Shape[0]
}

// Cols is the number of columns.
func (t *Tensor) Cols() int { return t.Shape[len(t.Shape)-1] }

// Bytes is what the tensor takes on the device, all parts together.
func (t *Tensor) Bytes() int64 {
	var n int64
	for _, p := range t.Parts {
		n += p.Length
	}
	return n
}

// A Part is some rows of a tensor: a matrix of its own [Rows, cols], complete with its
// scales, in one stretch of a shard.
type Part struct {
	Shard  string `json:"shard"`  // SHA-256, 64 hex digits
	Offset int64  `json:"offset"` // bytes
	Length int64  `json:"length"` // bytes
	Row0   int    `json:"row0"`   // the tensor's row that comes first
	Rows   int    `json:"rows"`
}

// A Shard is a file shards/<sha256>.bin.
type Shard struct {
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// ParseManifest reads manifest.json and checks all of it: what it returns describes a
// model that the engine can run, and every part lies inside a shard that is listed. Its
// errors are ErrBadManifest and leave it to the caller to name the file.
func ParseManifest(data []byte) (*Manifest, error) {
	m, err := parseManifest(data)
	if err != nil {
		return nil, packError{err, ErrBadManifest}
	}
	return m, nil
}

const packAgain = "pack or download the model again"

func parseManifest(data []byte) (*Manifest, error) {
	m := new(Manifest)
	err := json.Unmarshal(data, m)
	// A newer manifest may differ in everything but its version, which is looked at first.
	v := struct {
		Version int `json:"version"`
	}{m.Version}
	if err != nil {
		if err := json.Unmarshal(data, &v); err != nil {
			return nil, fmt.Errorf("is damaged or no manifest (%w): %s", err, packAgain)
		}
	}
	switch {
	case v.Version > Version:
		return nil, fmt.Errorf("has format version %d, newer than this mixtab's (%d): update mixtab", v.Version, Version)
	case v.Version < 1:
		return nil, fmt.Errorf("has format version %d, so it is damaged or no manifest: %s", v.Version, packAgain)
	case err != nil:
		return nil, fmt.Errorf("%w: %s", err, packAgain)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, packAgain)
	}
	return m, nil
}

// Marshal writes a manifest, after the same checks that ParseManifest does. Equal
// manifests give equal bytes.
func (m *Manifest) Marshal() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// Tensor finds a tensor by its name.
func (m *Manifest) Tensor(name string) (*Tensor, error) {
	if t := m.byName[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("weights: %s has no tensor %q", m.Name, name)
}

// Parameters is the number of weights of the model.
func (m *Manifest) Parameters() int64 {
	var n int64
	for i := range m.Tensors {
		n += int64(m.Tensors[i].Rows()) * int64(m.Tensors[i].Cols())
	}
	return n
}

// Bytes is the size of all shards.
func (m *Manifest) Bytes() int64 {
	var n int64
	for _, s := range m.Shards {
		n += s.Bytes
	}
	return n
}

// ExpertBytes is what all experts take.
func (m *Manifest) ExpertBytes() int64 {
	var n int64
	for i := range m.Tensors {
		if t := &m.Tensors[i]; IsExpert(t.Name) {
			n += t.Bytes()
		}
	}
	return n
}

func (m *Manifest) check() error {
	if m.Version != Version {
		return fmt.Errorf("version %d, want %d", m.Version, Version)
	}
	if err := m.Config.Validate(); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if err := checkFormats(m.Format, m.HeadFormat); err != nil {
		return err
	}
	if m.Template != TemplateMixtral {
		return fmt.Errorf("template is %q; mixtab knows %q", m.Template, TemplateMixtral)
	}
	g := m.Generation
	if !(g.Temperature >= 0 && g.Temperature <= 100) || !(g.TopP >= 0 && g.TopP <= 1) || g.TopK < 0 {
		return fmt.Errorf("generation %+v: temperature must be 0 to 100, top_p 0 to 1, top_k not negative", g)
	}
	if err := m.Tokenizer.check(m.Config.VocabSize); err != nil {
		return err
	}
	shards := make(map[string]int64, len(m.Shards))
	for _, s := range m.Shards {
		switch {
		case !isSHA256(s.SHA256):
			return fmt.Errorf("shard %q: a shard's name is 64 hexadecimal digits", clip(s.SHA256))
		case s.Bytes < 1 || s.Bytes > 1<<40:
			return fmt.Errorf("shard %s has %d bytes", s.SHA256, s.Bytes)
		}
		if _, twice := shards[s.SHA256]; twice {
			return fmt.Errorf("shard %s is listed twice", s.SHA256)
		}
		shards[s.SHA256] = s.Bytes
	}
	byName := make(map[string]*Tensor, len(m.Tensors))
	for i := range m.Tensors {
		t := &m.Tensors[i]
		if byName[t.Name] != nil {
			return fmt.Errorf("tensor %q is listed twice", clip(t.Name))
		}
		byName[t.Name] = t
	}
	known := make(map[string]bool, len(m.Tensors))
	for want := range tensorsOf(m.Config, m.Format, m.HeadFormat) {
		t := byName[want.Name]
		switch {
		case t == nil:
			return fmt.Errorf("tensor %q is missing", want.Name)
		case !slices.Equal(t.Shape, want.Shape):
			return fmt.Errorf("tensor %q has the shape %v; the config makes it %v", t.Name, t.Shape, want.Shape)
		case t.Format != want.Format:
			return fmt.Errorf("tensor %q is %v; the manifest makes it %v", t.Name, t.Format, want.Format)
		}
		if err := t.checkParts(shards); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		known[want.Name] = true
	}
	for _, t := range m.Tensors {
		if !known[t.Name] {
			return fmt.Errorf("tensor %q belongs to no Mixtral of this config", clip(t.Name))
		}
	}
	m.byName = byName
	return nil
}

func (t Tokenizer) check(vocabSize int) error {
	switch t.Kind {
	case KindNone:
		if t != (Tokenizer{Kind: KindNone}) {
			return fmt.Errorf("tokenizer of kind %q has a file", t.Kind)
		}
		return nil
	case KindSentencePiece, KindHuggingFace:
	default:
		return fmt.Errorf("tokenizer kind is %q; mixtab knows %q, %q and %q", clip(t.Kind), KindSentencePiece, KindHuggingFace, KindNone)
	}
	switch {
	case t.File == "" || strings.ContainsAny(t.File, `/\:`) || t.File[0] == '.' || t.File == ManifestPath:
		return fmt.Errorf("tokenizer file %q: it must be a plain file name", clip(t.File))
	case !isSHA256(t.SHA256):
		return fmt.Errorf("tokenizer sha256 %q: want 64 hexadecimal digits", clip(t.SHA256))
	case t.VocabSize != vocabSize:
		return fmt.Errorf("tokenizer has %d pieces; the model's vocabulary has %d", t.VocabSize, vocabSize)
	}
	return nil
}

func (t *Tensor) checkParts(shards map[string]int64) error {
	row := 0
	for i, p := range t.Parts {
		size, listed := shards[p.Shard]
		switch {
		case !listed:
			return fmt.Errorf("part %d is in the shard %q, which is not listed", i, clip(p.Shard))
		case p.Row0 != row || p.Rows < 1 || p.Rows > t.Rows()-row:
			return fmt.Errorf("part %d has %d rows from %d on; of %d rows, %d are covered so far", i, p.Rows, p.Row0, t.Rows(), row)
		case p.Offset < 0 || p.Offset%Alignment != 0:
			return fmt.Errorf("part %d begins at byte %d, not a multiple of %d", i, p.Offset, Alignment)
		case p.Length != int64(t.Format.Bytes(p.Rows, t.Cols())):
			return fmt.Errorf("part %d has %d bytes; %d rows of %v have %d", i, p.Length, p.Rows, t.Format, t.Format.Bytes(p.Rows, t.Cols()))
		case p.Length > size || p.Offset > size-p.Length:
			return fmt.Errorf("part %d ends at byte %d of shard %s, which has %d", i, p.Offset+p.Length, p.Shard, size)
		}
		row += p.Rows
	}
	if row != t.Rows() {
		return fmt.Errorf("its parts cover %d rows of %d", row, t.Rows())
	}
	return nil
}

func isSHA256(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// clip keeps a hostile string from filling the screen.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
