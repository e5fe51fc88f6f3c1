package routes

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"

	"mixtab/demo"
	"mixtab/engine/chat"
	"mixtab/engine/experts"
	"mixtab/engine/ref"
	"mixtab/engine/tokenizer"
	"mixtab/packdir"
)

var update = flag.Bool("update", false, "write the demo model's trace")

const demoTrace = "../../../engine/experts/testdata/demo.trace"

// The demo model is small, but it was trained: its routing is a real one. The trace of a
// conversation with it is committed for replays.
func TestDemoTrace(t *testing.T) {
	p, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	dev := ref.New()
	defer dev.Close()
	got, _, err := Record(t.Context(), dev, p.Source(dev), conversation(t, p, 1024))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		var b bytes.Buffer
		if err := experts.Write(&b, got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(demoTrace, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(demoTrace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := experts.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Tokens) != len(want.Tokens) {
		t.Fatalf("%d tokens, committed are %d: run go test ./tools/bench/routes -update", len(got.Tokens), len(want.Tokens))
	}
	other := 0
	for i := range got.Tokens {
		if !slices.Equal(got.Tokens[i].Experts, want.Tokens[i].Experts) {
			other++ // a processor that rounds differently may tip a close choice
		}
	}
	if other > len(got.Tokens)/100 {
		t.Errorf("%d of %d tokens use other experts than committed: run go test ./tools/bench/routes -update", other, len(got.Tokens))
	}
}

// conversation is made of the evaluation's English questions and answers.
func conversation(t *testing.T, p *packdir.Pack, tokens int) []int32 {
	t.Helper()
	model, err := p.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(model)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../../../demo/eval.json")
	if err != nil {
		t.Fatal(err)
	}
	var eval struct {
		Cases []struct {
			Messages []chat.Message
			Answers  []string
			Lang     string
		}
	}
	if err := json.Unmarshal(b, &eval); err != nil {
		t.Fatal(err)
	}
	var said []chat.Message
	for _, c := range eval.Cases {
		if c.Lang != "en" || len(c.Messages) > 1 {
			continue
		}
		said = append(said, c.Messages[0], chat.Message{Role: chat.Assistant, Content: c.Answers[0]})
		ids, err := chat.Encode(tok, said)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) >= tokens {
			return ids[:tokens]
		}
	}
	t.Fatalf("the questions make less than %d tokens", tokens)
	return nil
}
