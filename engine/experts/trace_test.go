package experts

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
)

const small = `{"layers":3,"experts":8,"top_k":2,"note":"by hand"}
310274
310562 ..0546
105702 ..60.7
`

func TestReadAndWrite(t *testing.T) {
	trace, err := Read(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	want := &Trace{Layers: 3, Experts: 8, TopK: 2, Note: "by hand", Tokens: []Token{
		{Experts: []int{3, 1, 0, 2, 7, 4}},
		{Experts: []int{3, 1, 0, 5, 6, 2}, Guess: []int{-1, -1, 0, 5, 4, 6}},
		{Experts: []int{1, 0, 5, 7, 0, 2}, Guess: []int{-1, -1, 6, 0, -1, 7}},
	}}
	if !reflect.DeepEqual(trace, want) {
		t.Errorf("read %+v", trace)
	}
	var b bytes.Buffer
	if err := Write(&b, trace); err != nil || b.String() != small {
		t.Errorf("wrote %q, %v", b.String(), err)
	}
	if err := Write(&b, &Trace{Layers: 1, Experts: 8, TopK: 2, Tokens: []Token{{Experts: []int{1}}}}); err == nil {
		t.Error("a token of one expert was written where there are two")
	}
}

func TestReadRefuses(t *testing.T) {
	const header = `{"layers":2,"experts":8,"top_k":2,"note":""}` + "\n"
	for _, tt := range []struct{ text, want string }{
		{"", "empty file"},
		{"0123\n", "line 1: json"},
		{`{"layers":2,"experts":8,"top_k":2,"more":1}`, `unknown field "more"`},
		{`{"layers":2,"experts":65,"top_k":2}`, "65 experts"},
		{`{"layers":2,"experts":8,"top_k":9}`, "uses 9"},
		{header + "012", "line 2: 3 experts"},
		{header + "0123\n", ""},
		{header + "0123\n\n", "line 3: 0 experts"},
		{header + "0128\n", "expert 8 of layer 1"},
		{header + "0122\n", "layer 1 uses expert 2 twice"},
		{header + "01.2\n", "dots are for guesses"},
		{header + "01+2\n", `'+' is no expert`},
		{header + "0123 \n", "0 experts"},
		{header + "0123 ..3\n", "3 experts"},
		{header + "0123 ..33\n", "twice"},
		{header + "0123 .... \n", `' ' is no expert`},
	} {
		_, err := Read(strings.NewReader(tt.text))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
}

// Of the seven guesses three are used, and two of these were not resident.
func TestReplayGuesses(t *testing.T) {
	trace, err := Read(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLayout(Shape{Layers: 3, Experts: 8, TopK: 2, Bytes: 1}, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := Replayed{Stats: Stats{Uses: 18, Loads: 12}, Guesses: 7, Right: 3, Hidden: 2}
	if got := Replay(trace, l, NewLRU(l)); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// What a trace was made with can be seen in it.
func TestHabits(t *testing.T) {
	for _, tt := range traces {
		h := committed(t, tt.file).Habits()
		zipf, reuse := tt.Zipf, tt.Reuse
		if tt.Shift > 0 { // favourites that change are none in the end, and look like reuse
			zipf, reuse = 0.45, 0.37
		}
		if !(math.Abs(h.Zipf-zipf) < 0.2) || !(math.Abs(h.Reuse-reuse) < 0.05) || !(h.Rarest > 0.01) {
			t.Errorf("%s: %+v of %+v", tt.file, h, tt.Synthetic)
		}
	}
	if h := (&Trace{Layers: 1, Experts: 2, TopK: 2, Tokens: []Token{{Experts: []int{0, 1}}}}).Habits(); h != (Habits{Rarest: 0.5}) {
		t.Errorf("one token: %+v", h)
	}
}

// FuzzRead: what can be read is written as it was, a header's spelling apart.
func FuzzRead(f *testing.F) {
	f.Add(small)
	f.Add(`{"layers":1,"experts":64,"top_k":1,"note":"ü"}` + "\n_\n- Z\nZ .\n")
	f.Fuzz(func(t *testing.T, text string) {
		trace, err := Read(strings.NewReader(text))
		if err != nil {
			if trace != nil {
				t.Fatal("a trace came with an error")
			}
			return
		}
		var b bytes.Buffer
		if err := Write(&b, trace); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := Read(&b)
		if err != nil || !reflect.DeepEqual(trace, again) {
			t.Fatalf("%v; %+v came back as %+v", err, trace, again)
		}
	})
}
