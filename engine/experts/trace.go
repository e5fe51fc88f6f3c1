package experts

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Trace is what routers chose, token by token. In a file, the first line is a JSON
// object, and each line after it a token: one character for each expert, TopK for each
// layer, the layers one after the other, heaviest expert first.
//
//	{"layers":3,"experts":8,"top_k":2,"note":"where it is from"}
//	310274
//	310562 ..0546
//
// A second word on a line is a guess at the first: what applying a layer's router one
// layer early would have prefetched. A layer without a guess has dots.
type Trace struct {
	Layers  int     `json:"layers"`
	Experts int     `json:"experts"`
	TopK    int     `json:"top_k"`
	Note    string  `json:"note"`
	Tokens  []Token `json:"-"`
}

// A Token is a token's experts, [Layers, TopK], and the guesses at them, which are nil or
// as many; a guess of -1 is none.
type Token struct{ Experts, Guess []int }

// digits are how experts are written, as many as a router can choose from.
const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

const noGuess = '.'

// maxTraceLayers bounds what a header may ask for.
const maxTraceLayers = 1 << 10

// Write writes a trace.
func Write(w io.Writer, t *Trace) error {
	if err := t.check(); err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	header, err := json.Marshal(t)
	if err != nil {
		return err
	}
	b.Write(header)
	for _, token := range t.Tokens {
		b.WriteByte('\n')
		writeWord(b, token.Experts)
		if token.Guess != nil {
			b.WriteByte(' ')
			writeWord(b, token.Guess)
		}
	}
	b.WriteByte('\n')
	return b.Flush()
}

func writeWord(b *bufio.Writer, experts []int) {
	for _, e := range experts {
		if e < 0 {
			b.WriteByte(noGuess)
		} else {
			b.WriteByte(digits[e])
		}
	}
}

// Read reads a trace. Its errors name the line; the caller names the file.
func Read(r io.Reader) (*Trace, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	t := new(Trace)
	n := 0
	for lines.Scan() {
		if n++; n == 1 {
			header := json.NewDecoder(strings.NewReader(lines.Text()))
			header.DisallowUnknownFields()
			if err := header.Decode(t); err != nil {
				return nil, fmt.Errorf("line 1: %w; a trace begins with a JSON object: layers, experts, top_k, note", err)
			}
			if err := t.checkHeader(); err != nil {
				return nil, fmt.Errorf("line 1: %w", err)
			}
			continue
		}
		token, err := t.parse(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		t.Tokens = append(t.Tokens, token)
	}
	switch err := lines.Err(); {
	case err != nil:
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	case n == 0:
		return nil, errors.New("an empty file is no trace")
	}
	return t, nil
}

func (t *Trace) parse(line string) (Token, error) {
	chosen, guessed, ok := strings.Cut(line, " ")
	var token Token
	var err error
	if token.Experts, err = t.parseWord(chosen); err == nil && ok {
		token.Guess, err = t.parseWord(guessed)
	}
	if err == nil {
		err = t.checkToken(token)
	}
	return token, err
}

func (t *Trace) parseWord(word string) ([]int, error) {
	experts := make([]int, 0, len(word))
	for _, c := range []byte(word) {
		e := strings.IndexByte(digits, c)
		if e < 0 && c != noGuess {
			return nil, fmt.Errorf("%q is no expert", c)
		}
		experts = append(experts, e)
	}
	return experts, nil
}

// check says what a reader would refuse.
func (t *Trace) check() error {
	if err := t.checkHeader(); err != nil {
		return err
	}
	for i, token := range t.Tokens {
		if err := t.checkToken(token); err != nil {
			return fmt.Errorf("token %d: %w", i, err)
		}
	}
	return nil
}

func (t *Trace) checkHeader() error {
	if t.Layers < 1 || t.Layers > maxTraceLayers || t.Experts < 1 || t.Experts > len(digits) || t.TopK < 1 || t.TopK > t.Experts {
		return fmt.Errorf("a trace of %d layers with %d experts, of which a token uses %d; supported are up to %d layers and %d experts",
			t.Layers, t.Experts, t.TopK, maxTraceLayers, len(digits))
	}
	return nil
}

func (t *Trace) checkToken(token Token) error {
	for _, word := range [][]int{token.Experts, token.Guess} {
		if len(word) != t.Layers*t.TopK && (word != nil || token.Experts == nil) {
			return fmt.Errorf("%d experts; %d layers with %d each make %d", len(word), t.Layers, t.TopK, t.Layers*t.TopK)
		}
		for i, e := range word {
			layer := word[i/t.TopK*t.TopK : i]
			switch {
			case e >= t.Experts || e < -1:
				return fmt.Errorf("expert %d of layer %d; there are %d", e, i/t.TopK, t.Experts)
			case e >= 0 && slices.Contains(layer, e):
				return fmt.Errorf("layer %d uses expert %d twice", i/t.TopK, e)
			}
		}
	}
	if slices.Contains(token.Experts, -1) {
		return fmt.Errorf("a layer uses no expert; dots are for guesses")
	}
	return nil
}

// Replayed is what a replay counts.
type Replayed struct {
	Stats
	// Guesses are the experts that were guessed, Right those of them that were then used,
	// and Hidden the loads of right ones: the waits that prefetching would have hidden, if
	// it displaced nothing that was needed.
	Guesses, Right, Hidden uint64
}

// Replay runs a trace through a cache that is empty at first.
func Replay(t *Trace, l Layout, p Policy) Replayed {
	var r Replayed
	c := New(l, p)
	for _, token := range t.Tokens {
		for layer := range t.Layers {
			at := func(word []int) []int { return word[layer*t.TopK : (layer+1)*t.TopK] }
			used := at(token.Experts)
			c.Use(layer, used)
			placed := c.Place(layer, used)
			if token.Guess == nil {
				continue
			}
			for _, e := range at(token.Guess) {
				if e < 0 {
					continue
				}
				r.Guesses++
				if slices.Contains(used, e) {
					r.Right++
				}
				if slices.ContainsFunc(placed, func(p Placement) bool { return p.Expert == e }) {
					r.Hidden++
				}
			}
		}
	}
	r.Stats = c.Stats()
	return r
}
