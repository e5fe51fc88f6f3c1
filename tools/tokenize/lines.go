package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"mixtab/engine/chat"
	"mixtab/engine/tokenizer"
)

// request is one line of input; exactly one field is set.
type request struct {
	Text     *string         `json:"text"`
	Bytes    *[]byte         `json:"bytes_b64"`
	Messages *[]chat.Message `json:"messages"`
	IDs      *[]int32        `json:"ids"`
}

// answer is one line of output; exactly one field is set.
type answer struct {
	IDs   *[]int32 `json:"ids,omitempty"`
	Text  *string  `json:"text,omitempty"`
	Error string   `json:"error,omitempty"`
}

// answerLines answers every line of in, each written out before the next is
// read. Bad lines are answered too; the first one is the error returned.
func answerLines(tok *tokenizer.Tokenizer, in io.Reader, out io.Writer) error {
	var firstBad error
	bad := 0
	r := bufio.NewReaderSize(in, 64<<10)
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for n := 1; ; n++ {
		line, readErr := r.ReadBytes('\n') // of any length, unlike bufio.Scanner's
		if readErr != nil && readErr != io.EOF {
			return fmt.Errorf("standard input: line %d: %w", n, readErr)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			a, err := answerLine(tok, line)
			if err != nil {
				err = fmt.Errorf("line %d: %w", n, err)
				a = answer{Error: err.Error()}
				bad++
				if firstBad == nil {
					firstBad = err
				}
			}
			if err := enc.Encode(a); err != nil {
				return fmt.Errorf("standard output: %w", err)
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("standard output: %w", err)
			}
		}
		if readErr == io.EOF {
			break
		}
	}
	switch {
	case bad > 1:
		return fmt.Errorf("standard input: %w (and %d more bad lines); correct them and run again", firstBad, bad-1)
	case bad == 1:
		return fmt.Errorf("standard input: %w; correct it and run again", firstBad)
	}
	return nil
}

func answerLine(tok *tokenizer.Tokenizer, line []byte) (answer, error) {
	var req request
	if err := json.Unmarshal(line, &req); err != nil {
		return answer{}, fmt.Errorf("not a JSON object as expected: %w", err)
	}
	fields := 0
	for _, set := range []bool{req.Text != nil, req.Bytes != nil, req.Messages != nil, req.IDs != nil} {
		if set {
			fields++
		}
	}
	if fields != 1 {
		return answer{}, errors.New(`exactly one of "text", "bytes_b64", "messages" and "ids" is needed`)
	}
	switch {
	case req.Text != nil:
		return encoded(tok.Encode(*req.Text)), nil
	case req.Bytes != nil:
		return encoded(tok.Encode(string(*req.Bytes))), nil
	case req.Messages != nil:
		ids, err := chat.Encode(tok, *req.Messages)
		return encoded(ids), err
	}
	for _, id := range *req.IDs {
		if id < 0 || int(id) >= tok.VocabSize() {
			return answer{}, fmt.Errorf("there is no id %d; the vocabulary has %d pieces", id, tok.VocabSize())
		}
	}
	text := tok.Decode(*req.IDs)
	return answer{Text: &text}, nil
}

// encoded writes no ids as [], not as null.
func encoded(ids []int32) answer {
	if ids == nil {
		ids = []int32{}
	}
	return answer{IDs: &ids}
}
