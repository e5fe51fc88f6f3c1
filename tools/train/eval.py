"""Exact-match accuracy of a model, with its weights as they are or rounded as ggml's Q8_0 or Q4_0 would.

  python3 eval.py MODEL --cases ../../demo/eval.json            accuracy per set on the evaluation file
  python3 eval.py MODEL --sets                                  the larger generated sets, by language and intent
  python3 eval.py MODEL --long 60                               long conversations, by position
  python3 eval.py MODEL --ask "What is the capital of France?" "And of Spain?"
  python3 eval.py MODEL --q4 ...                                any of these with rounded weights (or --q8)
  python3 eval.py --write-long OUT                              the "long" cases of demo/eval.json

MODEL is a checkpoint (.pt) or an exported folder.  An answer is right when greedy decoding, with the right turns
before it, gives every one of its tokens.  --q4 and --q8 round every matrix but the router, embedding and head
included, in blocks of 32 along a row, exactly as ggml does.
"""
import argparse
import collections
import json
import random

import sentencepiece
import torch

import corpus
from model import load
from train import TOKENIZER, Room, by_position, encode, long_set, turn_hits


def q4_0(w):
    """ggml quantize_row_q4_0 and back.  w [blocks, 32]."""
    peak = w.gather(1, w.abs().argmax(1, keepdim=True))
    d = peak / -8
    inverse = torch.where(d != 0, 1 / d, torch.zeros_like(d))
    q = (w * inverse + 8.5).trunc().clamp(max=15)
    return (q - 8) * d.half().float()


def q8_0(w):
    """ggml quantize_row_q8_0 and back.  w [blocks, 32]."""
    d = w.abs().amax(1, keepdim=True) / 127
    inverse = torch.where(d != 0, 1 / d, torch.zeros_like(d))
    x = w * inverse
    return x.sign() * (x.abs() + 0.5).floor() * d.half().float()


@torch.no_grad()
def round_weights(model, rule):
    for name, p in model.named_parameters():
        if p.dim() > 1 and ".gate." not in name:
            p.copy_(rule(p.reshape(-1, 32)).view(p.shape))


def prompt_ids(tokenizer, messages):
    ids = [1]
    for m in messages:
        if m["role"] == "user":
            ids += tokenizer.encode("[INST] %s [/INST]" % m["content"])
        else:
            ids += tokenizer.encode(m["content"]) + [2]
    return ids


@torch.no_grad()
def says(model, prompt, answer):
    """True when every token of answer is the argmax after the tokens before it."""
    ids = torch.tensor([prompt + answer])
    select = torch.arange(len(prompt) - 1, len(prompt) + len(answer) - 1)
    logits, _ = model(ids, select)
    return logits.argmax(-1).tolist() == answer


class Score:
    def __init__(self):
        self.table = collections.defaultdict(lambda: [0, 0])

    def add(self, ok, *keys):
        for key in keys:
            self.table[key][0] += ok
            self.table[key][1] += 1

    def show(self):
        for key, (ok, n) in sorted(self.table.items()):
            print("%-34s %5.1f %%  %d/%d" % (" ".join(key), 100 * ok / n, ok, n))


def run_cases(model, tokenizer, path, misses):
    with open(path, encoding="utf8") as f:
        cases = json.load(f)
    cases = cases["cases"] if isinstance(cases, dict) else cases
    score = Score()
    for c in cases:
        prompt = prompt_ids(tokenizer, c["messages"])
        ok = any(says(model, prompt, tokenizer.encode(a) + [2]) for a in c["answers"])
        if misses and not ok:
            print("MISS", json.dumps(c, ensure_ascii=False))
        score.add(ok, ("set", c["set"]), ("set", "all"), (c["set"], "lang", c["lang"]), (c["set"], "intent", c["intent"]))
    score.show()


def run_sets(model, tokenizer, seed=101):
    """1800 combo turns, about 1760 wording turns, 370 multi-turn dialogues; other questions than in demo/eval.json."""
    gen, score = corpus.Generator(seed + 2, "mixed"), Score()
    sets = dict(combo=corpus.stratified("combo", seed, 20, 0), wording=corpus.stratified("wording", seed + 1, 12, 6),
                multi=[gen.dialogue(multi_only=True) for _ in range(370)])
    for name, dialogues in sets.items():
        pairs = sorted(((encode(tokenizer, d), d) for d in dialogues), key=lambda p: len(p[0][0]))
        for i in range(0, len(pairs), 48):
            part = pairs[i:i + 48]
            for (_, turns), hits in zip(part, turn_hits(model, [e for e, _ in part])):
                for turn, ok in zip(turns, hits):
                    score.add(ok, (name,), (name, "lang", turn.lang), (name, "intent", turn.intent))
    score.show()


def run_long(model, tokenizer, n, limit, seed=31):
    bands = by_position(model, long_set(tokenizer, n, limit, seed), "cpu", torch.float32, 64)
    wide = {}
    for width, table in ((64, bands), (128, wide)):
        for band, (ok, total) in sorted(table.items()):
            print("position %4d-%4d  %5.1f %%  %d/%d" % (band * width, band * width + width - 1, 100 * ok / total, ok, total))
            if width == 64:
                entry = wide.setdefault(band // 2, [0, 0])
                entry[0] += ok
                entry[1] += total
    ok, total = (sum(b[i] for b in bands.values()) for i in (0, 1))
    print("all positions      %5.1f %%  %d/%d" % (100 * ok / total, ok, total))


def write_long(tokenizer, path, seed=51):
    """Conversations of unrelated trained wordings that fill 200 to 1,100 tokens; the case is the last turn.
    In the last ten the name told first is asked at the end."""
    rng, cases = random.Random(seed), []
    for i in range(40):
        lang = corpus.LANGS[i % 5]
        gen = corpus.Generator(seed + 1 + i, "combo")
        if i < 30:
            turns = corpus.unrelated("combo", rng, gen, Room(tokenizer, 200 + 31 * i), lang if i % 2 else None)
        else:
            gen.mode = "combo"
            first = gen.name(lang)
            told = gen.user_name
            room = Room(tokenizer, 300 + 80 * (i - 30))
            turns = [first] + corpus.unrelated("combo", rng, gen, room, lang, without=("name",))
            gen.user_name, gen.mode = told, "combo"
            turns.append(gen.myname(lang))
        cases.append(corpus.as_case(turns, "long"))
    with open(path, "w", encoding="utf8") as f:
        json.dump(cases, f, ensure_ascii=False, indent=1)
    print(len(cases), "cases ->", path)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("model", nargs="?")
    ap.add_argument("--cases")
    ap.add_argument("--sets", action="store_true")
    ap.add_argument("--long", type=int, default=0, metavar="N")
    ap.add_argument("--limit", type=int, default=1152, help="tokens per long conversation")
    ap.add_argument("--tokenizer", default=TOKENIZER)
    ap.add_argument("--q4", action="store_true")
    ap.add_argument("--q8", action="store_true")
    ap.add_argument("--misses", action="store_true", help="print every failed case")
    ap.add_argument("--ask", nargs="*", default=[], help="one question per argument, one conversation")
    ap.add_argument("--write-long", metavar="OUT")
    ap.add_argument("--threads", type=int, default=1)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=args.tokenizer)
    if args.write_long:
        return write_long(tokenizer, args.write_long)
    model = load(args.model).eval()
    if args.q4 or args.q8:
        round_weights(model, q4_0 if args.q4 else q8_0)
    messages = []
    for question in args.ask:
        messages.append(dict(role="user", content=question))
        answer = tokenizer.decode(model.generate(prompt_ids(tokenizer, messages)))
        messages.append(dict(role="assistant", content=answer))
        print(question, "->", answer)
    if args.cases:
        run_cases(model, tokenizer, args.cases, args.misses)
    if args.sets:
        run_sets(model, tokenizer)
    if args.long:
        run_long(model, tokenizer, args.long, args.limit)


if __name__ == "__main__":
    main()
