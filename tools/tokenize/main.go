// Command tokenize turns text and conversations into token ids and back, one
// JSON object a line.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"mixtab/engine/chat"
	"mixtab/engine/tokenizer"
)

const usage = `Usage: tokenize -tokenizer FILE [-template NAME] < LINES

Reads JSON objects from standard input, one a line, and answers each with one
line on standard output:

  {"text": "Hello"}                                 {"ids": [22557]}
  {"bytes_b64": "/w=="}                             {"ids": [28705, 29137]}
  {"messages": [{"role": "user", "content": "Hi"}]} {"ids": [1, 733, ...]}
  {"ids": [22557, 1526]}                            {"text": "Hello world"}

"bytes_b64" is text in base64, for bytes that are not UTF-8. Text never gives
control ids; "messages" (roles system, user, assistant) are put in the prompt
template, from <s> on. A line may be of any length; blank lines are skipped.

A line that cannot be answered gets {"error": "line 3: ..."}, so that answers
stay in step with questions, and the exit status is 1.

`

func main() {
	err := run(os.Args[1:], os.Stdin, os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "tokenize:", err)
		os.Exit(1)
	}
}

// run is main with its surroundings as arguments.
func run(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("tokenize", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is told in one line, by main
	file := flags.String("tokenizer", "", "`FILE`: a SentencePiece tokenizer.model or a Hugging Face tokenizer.json")
	template := flags.String("template", string(chat.MixtralInstruct), "`NAME` of the prompt template for messages")
	flags.Usage = func() {}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
		flags.SetOutput(out)
		flags.PrintDefaults()
		return err
	} else if err != nil {
		return fmt.Errorf("%w (-h lists the flags)", err)
	}
	if *file == "" {
		return errors.New("no tokenizer given; add -tokenizer FILE (see -h)")
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; the input comes from standard input (see -h)", flags.Arg(0))
	}
	if _, err := chat.ParseTemplate(*template); err != nil {
		return err
	}
	tok, err := load(*file)
	if err != nil {
		return err
	}
	return answerLines(tok, in, out)
}

func load(path string) (*tokenizer.Tokenizer, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w; give a tokenizer.model or tokenizer.json", err)
	}
	tok, err := tokenizer.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; give another tokenizer.model or tokenizer.json", path, err)
	}
	return tok, nil
}
