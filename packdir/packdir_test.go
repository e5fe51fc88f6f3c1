package packdir

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"mixtab/demo"
	"mixtab/engine/gpu"
	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

const config = `{"architectures": ["MixtralForCausalLM"], "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 96,
  "max_position_embeddings": 512, "num_attention_heads": 4, "num_experts_per_tok": 2, "num_hidden_layers": 2,
  "num_key_value_heads": 2, "num_local_experts": 4, "rms_norm_eps": 1e-05, "rope_theta": 1e6, "vocab_size": 100}`

// made is a pack of random bytes, which is all that packdir looks at.
func made(t testing.TB) (*weights.Plan, [][]byte) {
	t.Helper()
	c, err := weights.ParseConfig([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := weights.NewPlan(c, quant.Q4, quant.Q8)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.NewChaCha8([32]byte{1})
	var shards [][]byte
	for _, s := range plan.Shards {
		b := make([]byte, s.Bytes)
		rng.Read(b)
		shards = append(shards, b)
	}
	if len(shards) != 2 {
		t.Fatalf("%d shards, want one that is resident and one of experts", len(shards))
	}
	return plan, shards
}

func create(dir, identity string) (*Writer, error) {
	return Create(dir, identity, func(m *weights.Manifest) bool { return m.Name == identity })
}

func write(t *testing.T, dir string) *weights.Manifest {
	t.Helper()
	plan, shards := made(t)
	w, err := create(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var names []string
	for i, s := range shards {
		name, err := w.Put(i, s)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	m := plan.Manifest(names)
	m.Name = "a"
	if err := w.Finish(m, nil); err != nil {
		t.Fatal(err)
	}
	return m
}

type fakeDevice struct{ gpu.Device }

type fakeBuffer struct {
	gpu.Buffer
	data []byte
}

func (fakeDevice) Write(b gpu.Buffer, offset int, data []byte) error {
	copy(b.(*fakeBuffer).data[offset:], data)
	return nil
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "pack")
	m := write(t, dir)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the pack's folder holds %v (%v)", entries, err)
	}
	_, shards := made(t)
	inMemory := fstest.MapFS{}
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var b []byte
			b, err = os.ReadFile(filepath.Join(dir, path))
			inMemory[path] = &fstest.MapFile{Data: b}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	fromDir, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	fromFS, err := OpenFS(inMemory)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Pack{fromDir, fromFS} {
		if err := p.Verify(t.Context(), nil); err != nil {
			t.Error(err)
		}
		src := p.Source(fakeDevice{})
		for _, name := range []string{weights.Embed, weights.Expert(1, 3, weights.Down)} {
			tensor, err := p.Manifest().Tensor(name)
			if err != nil {
				t.Fatal(err)
			}
			part := tensor.Parts[0]
			buf := &fakeBuffer{data: make([]byte, part.Length+8)}
			if err := src.Load(t.Context(), part, buf, 4); err != nil {
				t.Fatal(err)
			}
			shard := shards[0]
			if part.Shard == m.Shards[1].SHA256 {
				shard = shards[1]
			}
			if !bytes.Equal(buf.data[4:4+part.Length], shard[part.Offset:part.Offset+part.Length]) {
				t.Errorf("%s: other bytes were loaded", name)
			}
		}
	}
}

func TestBadShards(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name   string
		damage func(path string) error
		want   string
	}{
		{"folder", func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o755)) }, ": is a folder: pack or download"},
		{"missing", os.Remove, ": is missing: pack or download the model again"},
		{"truncated", func(p string) error { return os.Truncate(p, 100) }, ": has 100 bytes, not"},
		{"corrupt", func(p string) error {
			b, err := os.ReadFile(p)
			if err == nil {
				b[len(b)/2] ^= 1
				err = os.WriteFile(p, b, 0o644)
			}
			return err
		}, ": has other bytes than its name says: pack or download the model again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			m := write(t, dir)
			path := filepath.Join(dir, "shards", m.Shards[1].SHA256+".bin")
			if err := tt.damage(path); err != nil {
				t.Fatal(err)
			}
			p, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			tensor, err := p.Manifest().Tensor(weights.Expert(0, 0, weights.Gate))
			if err != nil {
				t.Fatal(err)
			}
			buf := &fakeBuffer{data: make([]byte, tensor.Bytes())}
			for _, err := range []error{p.Verify(ctx, nil), p.Source(fakeDevice{}).Load(ctx, tensor.Parts[0], buf, 0)} {
				if !errors.Is(err, weights.ErrBadShard) || !strings.HasPrefix(err.Error(), path+tt.want) || !strings.HasSuffix(err.Error(), "again") {
					t.Errorf("%v, want %q", err, tt.want)
				}
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(dir string) error
		want  string // behind the folder's name
	}{
		{"absent", os.RemoveAll, ": no manifest.json there: name a folder that holds a pack"},
		{"file", func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o644)) },
			"/manifest.json: not a directory: name a folder that holds a pack"},
		{"manifest is a folder", func(dir string) error {
			return errors.Join(os.Remove(dir+"/manifest.json"), os.Mkdir(dir+"/manifest.json", 0o755))
		}, "/manifest.json: is a folder: name a folder"},
		{"no JSON", func(dir string) error { return os.WriteFile(dir+"/manifest.json", []byte("<html>"), 0o644) },
			"/manifest.json: is damaged or no manifest (invalid character '<' looking for beginning of value): pack or download the model again"},
		{"newer", func(dir string) error { return os.WriteFile(dir+"/manifest.json", []byte(`{"version": 7}`), 0o644) },
			"/manifest.json: has format version 7, newer than this mixtab's (1): update mixtab"},
		{"architecture", replace("MixtralForCausalLM", "LlamaForCausalLM"),
			`/manifest.json: config: architectures is ["LlamaForCausalLM"]; mixtab runs MixtralForCausalLM: pack or download the model again`},
		{"shape", replace(`"vocab_size": 100`, `"vocab_size": 101`),
			`/manifest.json: tensor "embed" has the shape [100 64]; the config makes it [101 64]: pack or download the model again`},
		{"unfinished", func(dir string) error {
			return os.Rename(dir+"/manifest.json", dir+"/"+journalPath)
		}, ": packing has not finished: run the same pack command again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pack")
			write(t, dir)
			if err := tt.spoil(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); err == nil || !strings.HasPrefix(err.Error(), dir+tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v\nwant %s%s", err, dir, tt.want)
			}
		})
	}
}

func replace(from, to string) func(dir string) error {
	return func(dir string) error {
		b, err := os.ReadFile(dir + "/manifest.json")
		if err == nil && !bytes.Contains(b, []byte(from)) {
			err = errors.New("the manifest does not hold " + from)
		}
		if err != nil {
			return err
		}
		return os.WriteFile(dir+"/manifest.json", bytes.Replace(b, []byte(from), []byte(to), 1), 0o644)
	}
}

func TestTokenizerRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(file string) error
		want  string
	}{
		"missing": {os.Remove, ": is missing: pack or download the model again"},
		"other": {func(f string) error { return os.WriteFile(f, []byte("another model's"), 0o644) },
			": is damaged, or not the tokenizer that the manifest names: pack or download the model again"},
		"folder": {func(f string) error { return errors.Join(os.Remove(f), os.Mkdir(f, 0o755)) },
			": is a folder: pack or download the model again"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pack")
			file := filepath.Join(dir, "tokenizer.model")
			if err := errors.Join(os.CopyFS(dir, demo.FS()), os.Chmod(dir, 0o755), tt.spoil(file)); err != nil {
				t.Fatal(err)
			}
			p, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{p.Verify(t.Context(), nil), second(p.Tokenizer())} {
				if err == nil || err.Error() != file+tt.want {
					t.Errorf("got %v\nwant %s%s", err, file, tt.want)
				}
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

func TestResume(t *testing.T) {
	dir := t.TempDir()
	plan, shards := made(t)
	w, err := create(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	name, err := w.Put(1, shards[1])
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	// The interruption tore a line of the journal and left a temporary file.
	journal := filepath.Join(dir, journalPath)
	b, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "shards", tempPrefix+"123")
	if err := errors.Join(os.WriteFile(journal, append(b, `{"shard":0,"sha`...), 0o644), os.WriteFile(left, b, 0o644)); err != nil {
		t.Fatal(err)
	}

	if _, err := create(dir, "b"); err == nil || !strings.Contains(err.Error(), "unfinished pack of another checkpoint or format") {
		t.Errorf("another pack continued it: %v", err)
	}
	if w, err = create(dir, "a"); err != nil {
		t.Fatal(err)
	}
	if got, ok := w.Done(t.Context(), 1, int64(len(shards[1]))); !ok || got != name {
		t.Errorf("Done(1) = %q, %v, want %q", got, ok, name)
	}
	if got, ok := w.Done(t.Context(), 0, int64(len(shards[0]))); ok {
		t.Errorf("shard 0 counts as done: %s", got)
	}
	if _, err := os.Stat(left); err == nil {
		t.Errorf("%s is still there", left)
	}
	// What the disk lost since then is written again.
	if err := os.Truncate(filepath.Join(dir, "shards", name+".bin"), 5); err != nil {
		t.Fatal(err)
	}
	if got, ok := w.Done(t.Context(), 1, int64(len(shards[1]))); ok {
		t.Errorf("a damaged shard counts as done: %s", got)
	}
	var names []string
	for i, s := range shards {
		name, err := w.Put(i, s)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	m := plan.Manifest(names)
	m.Name = "a"
	if err := w.Finish(m, nil); err != nil {
		t.Fatal(err)
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestCreateOverPacks(t *testing.T) {
	dir := t.TempDir()
	m := write(t, dir)
	plan, shards := made(t)
	other := "already holds another pack: choose another folder, or remove this one"
	if _, err := create(dir, "b"); err == nil || !strings.Contains(err.Error(), other) {
		t.Errorf("another pack: %v", err)
	}
	w, err := create(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	if !w.Dry() {
		t.Error("the complete pack would be written again")
	}
	if _, err := w.Put(0, shards[0]); err != nil {
		t.Error(err)
	}
	// A shard that is gone comes back.
	lost := filepath.Join(dir, "shards", m.Shards[1].SHA256+".bin")
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Put(1, shards[1]); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(lost); err != nil {
		t.Error(err)
	}
	if err := w.Finish(m, nil); err != nil {
		t.Error(err)
	}
	if _, err := w.Put(1, shards[0][:100]); err == nil || !strings.Contains(err.Error(), other) {
		t.Errorf("other weights: %v", err)
	}
	renamed := plan.Manifest([]string{m.Shards[0].SHA256, m.Shards[1].SHA256})
	renamed.Name = "renamed"
	if err := w.Finish(renamed, nil); err == nil || !strings.Contains(err.Error(), other) {
		t.Errorf("other manifest: %v", err)
	}

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := create(file, "a"); err == nil || err.Error() != file+": is a file: choose a new or an empty folder" {
		t.Errorf("a file: %v", err)
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.doc"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := create(foreign, "a"); err == nil || !strings.Contains(err.Error(), "holds thesis.doc and no pack") {
		t.Errorf("folder of other files: %v", err)
	}
	if e, _ := os.ReadDir(foreign); len(e) != 1 {
		t.Errorf("the refused folder was changed: %v", e)
	}
}

func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	_, shards := made(t)
	w, err := create(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.written = func(f *os.File, b []byte) (int, error) {
		n, _ := f.Write(b[:len(b)/2])
		return n, &fs.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	_, err = w.Put(0, shards[0])
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir+": the disk is full: free some space and run the same command again") {
		t.Errorf("got %v", err)
	}
	if e, _ := os.ReadDir(filepath.Join(dir, "shards")); len(e) != 0 {
		t.Errorf("half a shard is left: %v", e)
	}
	w.written = (*os.File).Write
	if _, err := w.Put(0, shards[0]); err != nil {
		t.Errorf("with space again: %v", err)
	}
}
