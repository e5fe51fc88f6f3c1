// Package convert makes a pack from a Hugging Face checkpoint of a
// MixtralForCausalLM: tools/pack into a folder, other tools in memory.
//
// Shards are made one by one, each by one goroutine from row blocks of the files, so
// memory stays bounded whatever the checkpoint's size: a shard (64 MiB at most) and two
// blocks per goroutine, of which there are at most four.
package convert

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
	"mixtab/packdir"
)

// Options say what to make.
type Options struct {
	Format  quant.Format
	Head    *quant.Format // of embed and lm_head; nil: weights.HeadFormat(Format)
	Name    string        // "": the checkpoint's folder
	Source  string        // where the checkpoint comes from, for the manifest
	Licence string        // "": what the model card says

	// Progress, if not nil, is told the bytes of the pack that are done, from any
	// goroutine.
	Progress func(done, total int64)
}

// A Result is what Run has made.
type Result struct {
	Name       string            `json:"name"`
	Format     quant.Format      `json:"format"`
	HeadFormat quant.Format      `json:"head_format"`
	Tokenizer  weights.Tokenizer `json:"tokenizer"`
	Tensors    int               `json:"tensors"`
	Shards     int               `json:"shards"`
	Reused     int               `json:"shards_reused"` // made by an earlier run
	Bytes      int64             `json:"bytes"`         // of all shards
	BytesRead  int64             `json:"bytes_read"`    // of the checkpoint's tensors
	Unchanged  bool              `json:"unchanged"`     // the folder held this very pack
	Warnings   []string          `json:"warnings"`
}

// workers bounds memory: each has a shard of up to 64 MiB in hand.
func workers() int { return min(runtime.GOMAXPROCS(0), 4) }

// Run packs the checkpoint in folder in into folder out. Interrupted, it continues
// where it stopped when it is run again.
func Run(ctx context.Context, in, out string, o Options) (Result, error) {
	if abs, err := filepath.Abs(in); err == nil && o.Name == "" {
		o.Name = filepath.Base(abs) // "." has a name too
	}
	j, err := newJob(in, os.DirFS(in), o)
	if err != nil {
		return Result{}, err
	}
	defer j.ckpt.Close()
	w, err := packdir.Create(out, j.identity(), func(m *weights.Manifest) bool {
		want := j.plan.Manifest(make([]string, len(j.plan.Shards)))
		j.describe(want)
		a, _ := json.Marshal([]any{m.Config, m.Format, m.HeadFormat, m.Name, m.Tokenizer, m.Source, m.Licence, m.Generation})
		b, _ := json.Marshal([]any{want.Config, want.Format, want.HeadFormat, want.Name, want.Tokenizer, want.Source, want.Licence, want.Generation})
		return string(a) == string(b)
	})
	if err != nil {
		return Result{}, err
	}
	defer w.Close()
	m, err := j.run(ctx, w)
	if err != nil {
		return Result{}, err
	}
	if err := w.Finish(m, j.tokenizerBytes); err != nil {
		return Result{}, err
	}
	r := j.result(m)
	r.Reused, r.Unchanged = w.Reused(), w.Dry()
	return r, nil
}

// Memory packs a checkpoint without writing anything. in is what messages call it.
func Memory(ctx context.Context, in string, fsys fs.FS, o Options) (*weights.Memory, error) {
	j, err := newJob(in, fsys, o)
	if err != nil {
		return nil, err
	}
	defer j.ckpt.Close()
	s := &memorySink{shards: map[string][]byte{}}
	m, err := j.run(ctx, s)
	if err != nil {
		return nil, err
	}
	raw, err := m.Marshal()
	if err != nil {
		return nil, err
	}
	return &weights.Memory{ManifestBytes: raw, TokenizerBytes: j.tokenizerBytes, Shards: s.shards}, nil
}

// A sink takes complete shards; packdir.Writer is one.
type sink interface {
	Done(ctx context.Context, shard int, size int64) (name string, ok bool)
	Put(shard int, data []byte) (name string, err error)
}

type memorySink struct {
	mu     sync.Mutex
	shards map[string][]byte
}

func (s *memorySink) Done(context.Context, int, int64) (string, bool) { return "", false }

func (s *memorySink) Put(_ int, data []byte) (string, error) {
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shards[name] = append([]byte(nil), data...)
	return name, nil
}

// A job is one checkpoint on its way to become a pack.
type job struct {
	ckpt           *checkpoint
	options        Options
	plan           *weights.Plan
	sources        map[string]source
	tokenizer      weights.Tokenizer
	tokenizerBytes []byte
	bytesRead      atomic.Int64
}

func newJob(in string, fsys fs.FS, o Options) (_ *job, err error) {
	if o.Head == nil {
		head := weights.HeadFormat(o.Format)
		o.Head = &head
	}
	if o.Name == "" {
		o.Name = filepath.Base(in)
	}
	j := &job{options: o}
	if j.ckpt, err = openCheckpoint(in, fsys); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			j.ckpt.Close()
		}
	}()
	if j.tokenizer, j.tokenizerBytes, err = j.ckpt.tokenizer(); err != nil {
		return nil, err
	}
	if j.sources, err = j.ckpt.sources(); err != nil {
		return nil, err
	}
	j.plan, err = weights.NewPlan(j.ckpt.config, o.Format, *o.Head)
	return j, err
}

// identity says what a pack is made of, so that an interrupted run is continued only
// with the same. Weights are known by their files' headers, sizes and times: to hash
// them would cost as much as to convert them.
func (j *job) identity() string {
	h := sha256.New()
	enc := json.NewEncoder(h)
	enc.Encode([]any{weights.Version, j.plan.Config, j.plan.Format, j.plan.HeadFormat, j.options.Name,
		j.options.Source, j.options.Licence, j.ckpt.licence, j.ckpt.generation, j.tokenizer})
	for _, f := range j.ckpt.files {
		enc.Encode([]any{filepath.Base(f.path), f.info.Size(), f.info.ModTime().UnixNano()})
		h.Write(f.header)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (j *job) describe(m *weights.Manifest) {
	m.Name, m.Source, m.Licence = j.options.Name, j.options.Source, j.options.Licence
	if m.Licence == "" {
		m.Licence = j.ckpt.licence
	}
	m.Generation, m.Tokenizer = j.ckpt.generation, j.tokenizer
}

func (j *job) result(m *weights.Manifest) Result {
	r := Result{
		Name: m.Name, Format: m.Format, HeadFormat: m.HeadFormat, Tokenizer: m.Tokenizer,
		Tensors: len(m.Tensors), Shards: len(m.Shards), Bytes: m.Bytes(), BytesRead: j.bytesRead.Load(),
		Warnings: []string{},
	}
	if m.Tokenizer.Kind == weights.KindNone {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%s: neither tokenizer.model nor tokenizer.json there: the pack can run token ids, but not text", j.ckpt.dir))
	}
	return r
}

// run makes all shards and returns the manifest.
func (j *job) run(ctx context.Context, out sink) (*weights.Manifest, error) {
	names := make([]string, len(j.plan.Shards))
	var done atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	next := make(chan int)
	g.Go(func() error {
		defer close(next)
		for i := range names {
			select {
			case next <- i:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range workers() {
		g.Go(func() error {
			var m maker
			for i := range next {
				if err := ctx.Err(); err != nil {
					return err
				}
				size := j.plan.Shards[i].Bytes
				name, ok := out.Done(ctx, i, size)
				if !ok {
					shard, err := m.make(ctx, j, i)
					if err != nil {
						return err
					}
					if name, err = out.Put(i, shard); err != nil {
						return err
					}
				}
				names[i] = name
				if n := done.Add(size); j.options.Progress != nil {
					j.options.Progress(n, j.plan.Bytes())
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	m := j.plan.Manifest(names)
	j.describe(m)
	return m, nil
}

// A maker owns the memory that a shard is made in.
type maker struct {
	shard  []byte
	raw    []byte
	values []float32
}

const blockValues = 1 << 20 // numbers in a row block: 4 MiB, twice

func (m *maker) make(ctx context.Context, j *job, i int) ([]byte, error) {
	planned := j.plan.Shards[i]
	if int64(cap(m.shard)) < planned.Bytes {
		m.shard = make([]byte, planned.Bytes)
	}
	shard := m.shard[:planned.Bytes]
	clear(shard) // the gaps between parts are zeros
	for _, ref := range planned.Parts {
		t := &j.plan.Tensors[ref.Tensor]
		p := t.Parts[ref.Part]
		if err := m.part(ctx, j, t, p, shard[p.Offset:p.Offset+p.Length]); err != nil {
			return nil, err
		}
	}
	return shard, nil
}

// part quantises the rows of one part, block by block.
func (m *maker) part(ctx context.Context, j *job, t *weights.Tensor, p weights.Part, dst []byte) error {
	cols := t.Cols()
	most := max(1, blockValues/cols)
	if n := most * cols; len(m.values) < n {
		m.values, m.raw = make([]float32, n), make([]byte, 4*n)
	}
	begin := 0 // the first row, in our tensor, of the checkpoint's tensor at hand
	for _, src := range j.sources[t.Name] {
		rows := 1
		if len(src.shape) == 2 {
			rows = src.shape[0]
		}
		for row := max(p.Row0, begin); row < min(p.Row0+p.Rows, begin+rows); {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := min(most, p.Row0+p.Rows-row, begin+rows-row)
			values := m.values[:n*cols]
			if err := src.read(values, m.raw, int64(row-begin)*int64(cols)); err != nil {
				return err
			}
			j.bytesRead.Add(int64(len(values)) * int64(src.dtype.Size()))
			if err := quant.QuantiseRows(t.Format, dst, values, p.Rows, cols, row-p.Row0); err != nil {
				var bad *quant.ValueError
				if errors.As(err, &bad) {
					bad.Row += p.Row0 - begin // as the checkpoint counts
				}
				return fmt.Errorf("%s: tensor %s: %w: %s", src.file.path, src.name, err, remedy(bad))
			}
			row += n
		}
		begin += rows
	}
	return nil
}

// remedy: numbers that do not fit f16 are no damage.
func remedy(bad *quant.ValueError) string {
	if bad != nil && bad.Value-bad.Value == 0 {
		return "choose another -format"
	}
	return damaged
}
