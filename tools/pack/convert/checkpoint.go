package convert

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"sort"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

const damaged = "download the checkpoint again"

// A checkpoint is a Hugging Face folder, opened: its tensors stay in the files.
type checkpoint struct {
	dir        string // for messages
	fsys       fs.FS
	config     weights.Config
	generation weights.Generation
	licence    string
	tensors    map[string]*tensor
	files      []*file
}

// A file is one .safetensors file.
type file struct {
	fs.File
	io.ReaderAt
	path   string
	header []byte // for the identity of the checkpoint
	info   fs.FileInfo
	start  int64 // where the data begins
}

// A tensor is a stretch of a file.
type tensor struct {
	file   *file
	name   string
	dtype  safetensors.DType
	shape  []int
	offset int64 // in the file
}

func openCheckpoint(dir string, fsys fs.FS) (*checkpoint, error) {
	c := &checkpoint{dir: dir, fsys: fsys, tensors: map[string]*tensor{}}
	raw, err := fs.ReadFile(fsys, "config.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no config.json there: name the folder of a Hugging Face checkpoint", dir)
	}
	if err != nil {
		return nil, unreadable(filepath.Join(dir, "config.json"), err)
	}
	if c.config, err = weights.ParseConfig(raw); err != nil {
		remedy := "choose another checkpoint"
		if !json.Valid(raw) {
			remedy = damaged
		}
		return nil, fmt.Errorf("%s: %w: %s", filepath.Join(dir, "config.json"), err, remedy)
	}
	if err := c.readGeneration(); err != nil {
		return nil, err
	}
	c.readLicence()
	if err := c.openFiles(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *checkpoint) Close() {
	for _, f := range c.files {
		f.Close()
	}
}

// readGeneration takes the sampling defaults, and the ids that end an answer, which
// may be more than config.json has. Where the checkpoint says nothing, as Mixtral's own
// does, answers are sampled at temperature 0.5.
func (c *checkpoint) readGeneration() error {
	c.generation = weights.Generation{Temperature: 0.5, TopP: 1}
	path := filepath.Join(c.dir, "generation_config.json")
	raw, err := fs.ReadFile(c.fsys, "generation_config.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unreadable(path, err)
	}
	var g struct {
		DoSample    *bool            `json:"do_sample"`
		Temperature *float64         `json:"temperature"`
		TopP        *float64         `json:"top_p"`
		TopK        *int             `json:"top_k"`
		EOS         weights.TokenIDs `json:"eos_token_id"`
	}
	if err := json.Unmarshal(raw, &g); err != nil {
		return fmt.Errorf("%s: %w: %s", path, err, damaged)
	}
	if g.Temperature != nil {
		c.generation.Temperature = *g.Temperature
	}
	if g.TopP != nil {
		c.generation.TopP = *g.TopP
	}
	if g.TopK != nil {
		c.generation.TopK = *g.TopK
	}
	if g.DoSample != nil && !*g.DoSample {
		c.generation.Temperature = 0
	}
	if len(g.EOS) > 0 {
		c.config.EOS = g.EOS
		if err := c.config.Validate(); err != nil {
			return fmt.Errorf("%s: %w: %s", path, err, damaged)
		}
	}
	return nil
}

// readLicence looks into the model card's front matter.
func (c *checkpoint) readLicence() {
	raw, err := fs.ReadFile(c.fsys, "README.md")
	if err != nil || !bytes.HasPrefix(raw, []byte("---\n")) {
		return
	}
	front, _, _ := strings.Cut(string(raw[4:]), "\n---")
	for line := range strings.Lines(front) {
		if v, ok := strings.CutPrefix(line, "license:"); ok {
			c.licence = strings.Trim(strings.TrimSpace(v), `"'`)
		}
	}
}

func (c *checkpoint) openFiles() error {
	const single, index = "model.safetensors", "model.safetensors.index.json"
	if _, err := fs.Stat(c.fsys, single); err == nil {
		f, err := c.openFile(single, "")
		if err != nil {
			return err
		}
		return c.addTensors(f, func(string) bool { return true })
	}
	path := filepath.Join(c.dir, index)
	raw, err := fs.ReadFile(c.fsys, index)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: neither %s nor %s there: name the folder of a Hugging Face checkpoint in safetensors format", c.dir, single, index)
	}
	if err != nil {
		return unreadable(path, err)
	}
	var idx struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(raw, &idx); err != nil {
		return fmt.Errorf("%s: %w: %s", path, err, damaged)
	}
	byFile := map[string]map[string]bool{}
	for name, f := range idx.WeightMap {
		if byFile[f] == nil {
			byFile[f] = map[string]bool{}
		}
		byFile[f][name] = true
	}
	var names []string
	for f := range byFile {
		if f != filepath.Base(f) || !strings.HasSuffix(f, ".safetensors") {
			return fmt.Errorf("%s: %q is no name of a shard: %s", path, f, damaged)
		}
		names = append(names, f)
	}
	sort.Strings(names)
	for _, name := range names {
		f, err := c.openFile(name, " (named in "+index+")")
		if err != nil {
			return err
		}
		if err := c.addTensors(f, func(t string) bool { return byFile[name][t] }); err != nil {
			return err
		}
		for t := range byFile[name] {
			if c.tensors[t] == nil {
				return fmt.Errorf("%s: has no tensor %s, which %s places there: %s", f.path, t, index, damaged)
			}
		}
	}
	return nil
}

// openFile reads the header. The library's Deserialize wants the whole file in memory,
// 5 GB each at the real size, so only the header's JSON is given to it.
func (c *checkpoint) openFile(name, why string) (*file, error) {
	path := filepath.Join(c.dir, name)
	opened, err := c.fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: is missing%s: %s", path, why, damaged)
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	f := &file{File: opened, path: path}
	c.files = append(c.files, f)
	if f.ReaderAt, _ = opened.(io.ReaderAt); f.ReaderAt == nil {
		return nil, fmt.Errorf("%s: cannot be read at an offset: copy the checkpoint to a folder", path)
	}
	if f.info, err = f.Stat(); err != nil {
		return nil, err
	}
	var length [8]byte
	if _, err := f.ReadAt(length[:], 0); err != nil {
		return nil, truncated(f, 8)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n < 2 || n > 100<<20 {
		return nil, fmt.Errorf("%s: is no safetensors file (header of %d bytes): %s", path, n, damaged)
	}
	if 8+int64(n) > f.info.Size() {
		return nil, truncated(f, 8+int64(n))
	}
	f.header = make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(f, 8, int64(n)), f.header); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.start = 8 + int64(n)
	return f, nil
}

func (c *checkpoint) addTensors(f *file, wanted func(string) bool) error {
	var meta safetensors.Metadata
	if err := json.Unmarshal(f.header, &meta); err != nil {
		return fmt.Errorf("%s: header: %w: %s", f.path, err, damaged)
	}
	size := uint64(f.info.Size() - f.start)
	for name, info := range meta.Tensors() {
		if !wanted(name) {
			continue
		}
		t := &tensor{file: f, name: name, dtype: info.DType}
		n := info.DType.Size()
		for _, s := range info.Shape {
			if s > math.MaxInt32 || n > 1<<50 {
				return fmt.Errorf("%s: tensor %s has the impossible shape %v: %s", f.path, name, info.Shape, damaged)
			}
			n *= s
			t.shape = append(t.shape, int(s))
		}
		begin, end := info.DataOffsets[0], info.DataOffsets[1]
		switch {
		case begin > end || end-begin != n || end > math.MaxInt64/2:
			return fmt.Errorf("%s: tensor %s: its offsets %d to %d do not fit its shape %v: %s", f.path, name, begin, end, info.Shape, damaged)
		case end > size:
			return truncated(f, f.start+int64(end))
		}
		t.offset = f.start + int64(begin)
		c.tensors[name] = t
	}
	return nil
}

// unreadable puts the whole path in the place of the name that an fs.FS knows.
func unreadable(path string, err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	return fmt.Errorf("%s: %w: name the folder of a Hugging Face checkpoint", path, err)
}

func truncated(f *file, want int64) error {
	return fmt.Errorf("%s: is truncated, %d bytes of at least %d: %s", f.path, f.info.Size(), want, damaged)
}

// find returns a tensor, which must have the shape.
func (c *checkpoint) find(name string, shape ...int) (*tensor, error) {
	t := c.tensors[name]
	if t == nil {
		return nil, fmt.Errorf("%s: tensor %s is missing: %s", c.dir, name, damaged)
	}
	if fmt.Sprint(t.shape) != fmt.Sprint(shape) {
		return nil, fmt.Errorf("%s: tensor %s has the shape %v, config.json makes it %v: the two files do not belong together: %s", t.file.path, name, t.shape, shape, damaged)
	}
	switch t.dtype {
	case safetensors.BF16, safetensors.F16, safetensors.F32:
		return t, nil
	}
	return nil, fmt.Errorf("%s: tensor %s is %v; supported are BF16, F16 and F32: choose an unquantised checkpoint", t.file.path, name, t.dtype)
}

// read fills dst with the elements from first on; raw is scratch for as many, 4 bytes
// each.
func (t *tensor) read(dst []float32, raw []byte, first int64) error {
	size := int64(t.dtype.Size())
	raw = raw[:int64(len(dst))*size]
	if _, err := t.file.ReadAt(raw, t.offset+first*size); err != nil {
		return fmt.Errorf("%s: tensor %s: %w", t.file.path, t.name, err)
	}
	switch t.dtype {
	case safetensors.BF16:
		for i := range dst {
			dst[i] = quant.FromBF16(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case safetensors.F16:
		for i := range dst {
			dst[i] = quant.FromF16(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case safetensors.F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	}
	return nil
}
