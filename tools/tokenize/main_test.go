package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const demoModel = "../../engine/tokenizer/testdata/demo.model"

func TestLines(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		wantErr        string
	}{
		{"nothing", "", "", ""},
		{"empty text", `{"text":""}`, `{"ids":[]}`, ""},
		{"empty ids", `{"ids":[]}`, `{"text":""}`, ""},
		{"text", `{"text":"["}`, `{"ids":[262]}`, ""},
		{"bytes", `{"bytes_b64":"Ww=="}`, `{"ids":[262]}`, ""},
		{"ids", `{"ids":[1,262,13]}`, `{"text":"[\n"}`, ""},
		{"html is not escaped", `{"ids":[3071]}`, `{"text":">"}`, ""},
		{"other fields are ignored", `{"id":7,"ids":[262]}`, `{"text":"["}`, ""},
		{"blank lines and CRLF", "\n{\"text\":\"[\"}\r\n\n", `{"ids":[262]}`, ""},
		{"bad line in between", "{\"ids\":[262]}\n\noops\n{\"ids\":[262]}",
			"{\"text\":\"[\"}\n" + `{"error":"line 3: not a JSON object as expected: invalid character 'o' looking for beginning of value"}` + "\n{\"text\":\"[\"}",
			"standard input: line 3: not a JSON object"},
		{"two bad lines", "{}\n5", `{"error":"line 1: exactly one of \"text\", \"bytes_b64\", \"messages\" and \"ids\" is needed"}` + "\n" +
			`{"error":"line 2: not a JSON object as expected: json: cannot unmarshal number into Go value of type main.request"}`,
			"line 1: exactly one of"},
		{"two fields", `{"text":"a","ids":[1]}`, `{"error":"line 1: exactly one of \"text\", \"bytes_b64\", \"messages\" and \"ids\" is needed"}`, "line 1"},
		{"no such id", `{"ids":[3072]}`, `{"error":"line 1: there is no id 3072; the vocabulary has 3072 pieces"}`, "no id 3072"},
		{"unknown role", `{"messages":[{"role":"tool","content":""}]}`,
			`{"error":"line 1: message 0 has the unknown role \"tool\"; use system, user or assistant"}`, "unknown role"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := tokenize(t, c.in)
			if strings.TrimSuffix(got, "\n") != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			checkError(t, err, c.wantErr)
		})
	}
}

// TestCases sends the committed SentencePiece truth through the command.
func TestCases(t *testing.T) {
	var truth struct {
		Cases []struct {
			Text string  `json:"text"`
			IDs  []int32 `json:"ids"`
		}
	}
	readJSON(t, "../../engine/tokenizer/testdata/demo_cases.json", &truth)
	var chats []struct {
		Messages json.RawMessage
		IDs      []int32
	}
	readJSON(t, "../../engine/chat/testdata/demo_cases.json", &chats)
	var in, want bytes.Buffer
	add := func(request, answer any) {
		json.NewEncoder(&in).Encode(request)
		json.NewEncoder(&want).Encode(answer)
	}
	for _, c := range truth.Cases {
		add(map[string]any{"text": c.Text}, map[string]any{"ids": c.IDs})
	}
	for _, c := range chats {
		add(map[string]any{"messages": c.Messages}, map[string]any{"ids": c.IDs})
	}
	got, err := tokenize(t, in.String())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(got, "\n"); n != 243 || got != want.String() {
		t.Errorf("got %d lines that differ from the %d wanted", n, strings.Count(want.String(), "\n"))
	}
}

// TestLongLine sends one line of several megabytes.
func TestLongLine(t *testing.T) {
	got, err := tokenize(t, `{"text":"`+strings.Repeat("word ", 1<<20)+"\"}\n{\"ids\":[262]}\n")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(got, "\n"); n != 2 {
		t.Errorf("got %d lines, want 2", n)
	}
}

// TestFlush asks line by line and waits for each answer.
func TestFlush(t *testing.T) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run([]string{"-tokenizer", demoModel}, inR, outW) }()
	answers := bufio.NewReader(outR)
	for range 3 {
		io.WriteString(inW, "{\"ids\":[262]}\n")
		got, err := answers.ReadString('\n')
		if err != nil || got != "{\"text\":\"[\"}\n" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	inW.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestArguments(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.model")
	if err := os.WriteFile(bad, []byte("not a model"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no tokenizer", nil, "add -tokenizer FILE"},
		{"missing file", []string{"-tokenizer", "nowhere.model"}, "nowhere.model: no such file"},
		{"bad file", []string{"-tokenizer", bad}, bad + ": no valid protobuf"},
		{"unknown template", []string{"-tokenizer", demoModel, "-template", "chatml"}, `unknown prompt template "chatml"`},
		{"argument", []string{"-tokenizer", demoModel, "x"}, `unexpected argument "x"`},
		{"unknown flag", []string{"-x"}, "flag provided but not defined: -x (-h lists the flags)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkError(t, run(c.args, strings.NewReader(""), io.Discard), c.want)
		})
	}
	t.Run("help", func(t *testing.T) {
		var help strings.Builder
		if err := run([]string{"-h"}, strings.NewReader(""), &help); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("got %v, want flag.ErrHelp", err)
		}
		for _, want := range []string{"-tokenizer FILE", "-template NAME", "bytes_b64"} {
			if !strings.Contains(help.String(), want) {
				t.Errorf("the help does not mention %q", want)
			}
		}
	})
}

func tokenize(t *testing.T, in string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run([]string{"-tokenizer", demoModel}, strings.NewReader(in), &out)
	return out.String(), err
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("got error %v, want none", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got error %v, want one with %q", err, want)
	case err != nil && strings.Contains(err.Error(), "\n"):
		t.Errorf("the error has several lines: %q", err)
	}
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}
