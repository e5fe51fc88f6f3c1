package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/peterbourgon/ff/v3/ffcli"
	"golang.org/x/term"

	"mixtab/engine"
	"mixtab/engine/chat"
	"mixtab/engine/kernel"
	"mixtab/engine/sample"
)

// chatOptions are the flags of chat.
type chatOptions struct {
	pack        string
	system      string
	temperature float64
	topP        float64
	minP        float64
	topK        int
	maxTokens   int
	seed        int64
	speculate   int
	experts     uint64
	kv          kernel.KVFormat
	arithmetic  kernel.Arithmetic
	verbose     bool
}

func chatCommand(stdout io.Writer) *ffcli.Command {
	var o chatOptions
	flags := flag.NewFlagSet("desktop chat", flag.ContinueOnError)
	flags.StringVar(&o.pack, "pack", "", "folder of the pack (default the built-in demo model, which is not Mixtral-8x7B)")
	flags.StringVar(&o.system, "system", "", "text that goes before the first message")
	flags.Float64Var(&o.temperature, "temperature", -1, "0 is greedy; negative is the pack's own")
	flags.Float64Var(&o.topP, "top-p", 0, "keep the fewest tokens of this probability; 0 keeps all")
	flags.Float64Var(&o.minP, "min-p", 0, "keep tokens at least this likely, relative to the likeliest; 0 keeps all")
	flags.IntVar(&o.topK, "top-k", 0, "keep this many tokens; 0 keeps all")
	flags.IntVar(&o.maxTokens, "max-tokens", 0, "longest answer; 0 is until the context is full")
	flags.Int64Var(&o.seed, "seed", -1, "of sampling; negative is a random one")
	flags.IntVar(&o.speculate, "speculate", 0, "draft this many `tokens` at a time, at most 7, from what the conversation repeats; answers are the same")
	flags.Func("expert-budget", "`bytes` of experts on the GPU, as in 6GiB; others are loaded as tokens want them (default all, or half of the memory that the GPU shares)", func(text string) (err error) {
		o.experts, err = humanize.ParseBytes(text)
		return err
	})
	flags.TextVar(&o.kv, "kv", kernel.KVAuto, "`format` of the KV cache, f32, f16 or q8; the smaller, the longer the conversation (default f16, on a CPU f32)")
	flags.TextVar(&o.arithmetic, "arithmetic", kernel.F32, "least exact `arithmetic` that may be chosen on a GPU if it is faster, f32, f16 or int8")
	flags.BoolVar(&o.verbose, "v", false, "tell the adapter and the speed after each answer")
	return &ffcli.Command{
		Name:       "chat",
		ShortUsage: "desktop chat [flags] [prompt]",
		ShortHelp:  "answer a prompt, or a conversation from standard input, a message a line",
		FlagSet:    flags,
		Exec: func(ctx context.Context, args []string) error {
			prompt := strings.Join(args, " ")
			if len(args) > 0 && strings.TrimSpace(prompt) == "" {
				return errors.New("the message is empty: write one, or leave it out to write line by line")
			}
			return runChat(ctx, o, prompt, os.Stdin, stdout)
		},
	}
}

func runChat(ctx context.Context, o chatOptions, prompt string, in io.Reader, out io.Writer) error {
	e, dev, err := open(ctx, o.pack, engine.Config{ExpertBudget: int64(o.experts), KV: o.kv, Arithmetic: o.arithmetic})
	if err != nil {
		return err
	}
	defer dev.Close()
	defer e.Close()
	c := conversation{engine: e, request: o.request(e), out: out}
	if o.system != "" {
		c.messages = append(c.messages, chat.Message{Role: chat.System, Content: o.system})
	}
	if o.verbose {
		fmt.Fprintf(os.Stderr, "%s on %s\n", e.Manifest.Name, dev.Info().Adapter)
		c.figures = os.Stderr
	}
	if prompt != "" {
		return c.say(ctx, prompt)
	}
	return c.converse(ctx, in)
}

func (o chatOptions) request(e *engine.Engine) engine.Request {
	if o.temperature < 0 {
		o.temperature = e.Manifest.Generation.Temperature
	}
	if o.seed < 0 {
		o.seed = rand.Int64()
	}
	return engine.Request{
		Sampling:  sample.Config{Temperature: o.temperature, TopP: o.topP, MinP: o.minP, TopK: o.topK, Seed: uint64(o.seed)},
		MaxTokens: o.maxTokens,
		Speculate: o.speculate,
		Drop:      true,
	}
}

// A conversation grows by one message and one answer at a time.
type conversation struct {
	engine   *engine.Engine
	request  engine.Request
	messages []chat.Message
	out      io.Writer
	figures  io.Writer // nil: none
}

// converse answers every line until the input or the context ends.
func (c *conversation) converse(ctx context.Context, in io.Reader) error {
	prompt := func() {}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		prompt = func() { fmt.Fprint(os.Stderr, "> ") }
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for prompt(); lines.Scan(); prompt() {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		if err := c.say(ctx, text); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	return lines.Err()
}

// say adds a message, streams the answer and keeps both.
func (c *conversation) say(ctx context.Context, text string) error {
	c.messages = append(c.messages, chat.Message{Role: chat.User, Content: text})
	var answer strings.Builder
	res, err := c.engine.Chat(ctx, c.messages, c.request, func(d engine.Delta) {
		answer.WriteString(d.Text)
		fmt.Fprint(c.out, d.Text)
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(c.out)
	if res.DroppedMessages > 0 {
		fmt.Fprintf(os.Stderr, "(%d of the oldest messages left out: the model keeps %d tokens)\n", res.DroppedMessages, c.engine.Context())
	}
	if res.SpeculationOff != "" {
		fmt.Fprintf(os.Stderr, "(nothing was drafted: %s)\n", res.SpeculationOff)
	}
	if c.figures != nil {
		fmt.Fprintf(c.figures, "%d prompt tokens (%d cached) in %v, %d tokens at %.1f tok/s, %s\n", res.PromptTokens, res.CachedTokens,
			res.Prefill.Round(1e6), res.CompletionTokens, float64(res.CompletionTokens-1)/res.Decode.Seconds(), res.Finish)
		if res.DraftedTokens > 0 {
			fmt.Fprintf(c.figures, "%d of %d drafted tokens were right\n", res.AcceptedTokens, res.DraftedTokens)
		}
	}
	c.messages = append(c.messages, chat.Message{Role: chat.Assistant, Content: answer.String()})
	return nil
}
