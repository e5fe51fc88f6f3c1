"""Train the demo model in plain PyTorch, on CPU (torch 1.13 or later) or one CUDA GPU.

  python3 train.py --init FOLDER --out ck.pt --minutes 100 --long 0.6 --max-length 1152

Loss: cross-entropy on answer tokens only (mean over the answer tokens of a batch) + 0.01 x the
load-balancing loss of each layer.  AdamW, learning rate: short warm-up, then linear to 0.
Weights, residual stream, norms, softmax and router are float32; the factors of the large products are
bfloat16 (--float32: not).  The data are generated while training.

Every --save-every seconds, and on SIGTERM or SIGINT, the weights, the optimizer and the clock go to --out.
The same command with --resume goes on from there (with the corpus as it is then).
"""
import argparse
import os
import random
import signal
import time

import sentencepiece
import torch
import torch.nn.functional as F

import corpus
from model import Mixtral, load

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENIZER = os.path.join(HERE, "..", "..", "demo", "checkpoint", "tokenizer.model")


def encode_turn(tokenizer, turn):
    """[INST] q [/INST]answer</s>  -> ids of the question part, ids of the answer part."""
    return tokenizer.encode("[INST] %s [/INST]" % turn.question), tokenizer.encode(turn.answer) + [2]


def encode(tokenizer, turns):
    """<s>[INST] q [/INST]answer</s>[INST] ...  -> ids and the (start, end) spans of the answers."""
    ids, spans = [1], []
    for t in turns:
        question, answer = encode_turn(tokenizer, t)
        ids += question + answer
        spans.append((len(ids) - len(answer), len(ids)))
    return ids, spans


class Room:
    """Says whether more turns still fit into `limit` tokens, and counts them when they do."""

    def __init__(self, tokenizer, limit):
        self.tokenizer, self.left = tokenizer, limit - 1

    def __call__(self, turns):
        need = sum(len(q) + len(a) for q, a in (encode_turn(self.tokenizer, t) for t in turns))
        if need > self.left:
            return False
        self.left -= need
        return True


def rounded(width):
    """Few distinct widths: the CPU library prepares every new product shape anew."""
    step = 8 if width <= 96 else 32
    return (width + step - 1) // step * step


def collate(examples):
    """-> ids [n, t] (0-padded), select (flat positions that predict an answer token), targets (-100: none)."""
    width = rounded(max(len(ids) for ids, _ in examples))
    batch = torch.zeros(len(examples), width, dtype=torch.long)
    select, target = [], []
    for row, (ids, spans) in enumerate(examples):
        batch[row, :len(ids)] = torch.tensor(ids)
        for start, end in spans:
            for p in range(start, end):
                select.append(row * width + p - 1)
                target.append(ids[p])
    extra = -len(select) % 64
    return batch, torch.tensor(select + [0] * extra), torch.tensor(target + [-100] * extra)


class Batches(torch.utils.data.IterableDataset):
    """Endless batches of about `tokens` padded tokens; dialogues of similar length go together."""

    def __init__(self, tokenizer_path, tokens, seed, pool=None, max_length=192, long=0.0):
        self.path, self.tokens, self.seed = tokenizer_path, tokens, seed
        self.pool = pool or max(600, tokens // 16)
        self.max_length, self.long = max_length, long

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        seed = self.seed * 1000 + (info.id if info else 0)
        tokenizer = sentencepiece.SentencePieceProcessor(model_file=self.path)
        gen, rng = corpus.Generator(seed), random.Random(seed + 1)
        while True:
            examples = []
            for _ in range(self.pool):
                if rng.random() < self.long:
                    shortest = self.max_length - 128 if rng.random() < .25 else 120     # the last positions need more
                    turns = gen.conversation(Room(tokenizer, rng.randrange(shortest, self.max_length + 1)))
                else:
                    turns = gen.dialogue()
                example = encode(tokenizer, turns)
                if turns and len(example[0]) <= self.max_length:
                    examples.append(example)
            examples.sort(key=lambda e: len(e[0]) + 6 * rng.random())
            batches, current, width = [], [], 0
            for e in examples:
                wider = max(width, rounded(len(e[0])))
                if current and wider * (len(current) + 1) > self.tokens:
                    batches.append(current)
                    current, wider = [], rounded(len(e[0]))
                current.append(e)
                width = wider
            batches.append(current)
            rng.shuffle(batches)
            for b in batches:
                yield collate(b)


@torch.no_grad()
def turn_hits(model, examples, device="cpu", dtype=torch.float32):
    """For every turn: is every answer token the argmax given the right tokens before it (= greedy exact match)?"""
    ids, select, target = collate(examples)
    logits, _ = model(ids.to(device), select.to(device), dtype)
    hits, at, out = (logits.argmax(-1).cpu() == target).tolist(), 0, []
    for _, spans in examples:
        out.append([])
        for start, end in spans:
            out[-1].append(all(hits[at:at + end - start]))
            at += end - start
    return out


def exact_match(model, tokenizer, dialogues, device, dtype):
    examples = sorted((encode(tokenizer, d) for d in dialogues), key=lambda e: len(e[0]))
    hits = [h for i in range(0, len(examples), 64) for d in turn_hits(model, examples[i:i + 64], device, dtype) for h in d]
    return sum(hits) / len(hits)


def long_set(tokenizer, n, limit, seed):
    rng, gen = random.Random(seed), corpus.Generator(seed + 1, "combo")
    return [encode(tokenizer, corpus.unrelated("combo", rng, gen, Room(tokenizer, limit))) for _ in range(n)]


def by_position(model, examples, device, dtype, band):
    """Right answers and all answers per band of the position of the answer's first token."""
    score = {}
    for i in range(0, len(examples), 4):
        part = examples[i:i + 4]
        for (_, spans), hits in zip(part, turn_hits(model, part, device, dtype)):
            for (start, _), hit in zip(spans, hits):
                entry = score.setdefault(start // band, [0, 0])
                entry[0] += hit
                entry[1] += 1
    return score


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--tokenizer", default=TOKENIZER)
    ap.add_argument("--out", default="ck.pt")
    ap.add_argument("--init", help="start from a checkpoint (.pt) or an exported folder")
    ap.add_argument("--resume", action="store_true", help="go on from --out if it is there")
    ap.add_argument("--tokens", type=float, default=45e6, help="padded tokens in all")
    ap.add_argument("--minutes", type=float, help="stop after this time; the rate then follows the clock")
    ap.add_argument("--batch", type=int, default=4608, help="padded tokens per update (try 16384 on a GPU)")
    ap.add_argument("--max-length", type=int, default=1152, help="longest training sequence, in tokens")
    ap.add_argument("--long", type=float, default=0.0, help="share of sequences that are long conversations")
    ap.add_argument("--lr", type=float, default=1.5e-3)
    ap.add_argument("--warmup", type=int, default=200)
    ap.add_argument("--aux", type=float, default=0.01)
    ap.add_argument("--weight-decay", type=float, default=0.03)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--threads", type=int, default=0, help="CPU threads (0: leave as is)")
    ap.add_argument("--loaders", type=int, default=0, help="data processes; try 8 with a GPU")
    ap.add_argument("--eval-every", type=int, default=500)
    ap.add_argument("--save-every", type=float, default=180, help="seconds")
    ap.add_argument("--float32", action="store_true", help="no bfloat16 products")
    ap.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = ap.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    dtype = torch.float32 if args.float32 else torch.bfloat16
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=args.tokenizer)
    state = torch.load(args.out, map_location="cpu") if args.resume and os.path.exists(args.out) else None
    step = state["step"] if state else 0
    torch.manual_seed(args.seed + step)
    if state:
        model = Mixtral(state["config"])
        model.load_state_dict(state["model"])
    else:
        model = load(args.init) if args.init else Mixtral(dict(vocab_size=tokenizer.vocab_size()), args.seed)
    model = model.to(args.device)
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([dict(params=matrices, weight_decay=args.weight_decay),
                                   dict(params=vectors, weight_decay=0.0)], lr=args.lr, betas=(0.9, 0.97), eps=1e-8)
    if state:
        optimizer.load_state_dict(state["optimizer"])
    dev = corpus.stratified("combo", 5, 2, 0), corpus.stratified("wording", 6, 2, 1)
    dev_long = long_set(tokenizer, 12, args.max_length, 7)
    loader = torch.utils.data.DataLoader(Batches(args.tokenizer, args.batch, args.seed + step, max_length=args.max_length,
                                                 long=args.long), batch_size=None, num_workers=args.loaders)
    before, seen = (state["elapsed"], state["seen"]) if state else (0.0, 0)
    start, seen_here = time.time(), 0
    print("start at step %d, %.1f s; parameters %d, device %s, dev turns %d, %d"
          % (step, before, sum(p.numel() for p in model.parameters()), args.device, len(dev[0]), len(dev[1])), flush=True)

    def save():
        torch.save(dict(config=model.config, model=model.state_dict(), optimizer=optimizer.state_dict(), step=step,
                        seen=seen, elapsed=before + time.time() - start), args.out + ".part")
        os.replace(args.out + ".part", args.out)

    def evaluate():
        model.eval()
        combo, wording = (exact_match(model, tokenizer, d, args.device, dtype) for d in dev)
        bands = by_position(model, dev_long, args.device, dtype, 256)
        print("EVAL step %d  combo %.3f  wording %.3f  by 256 positions %s"
              % (step, combo, wording, " ".join("%.2f" % (a / b) for _, (a, b) in sorted(bands.items()))), flush=True)
        model.train()

    stop = []
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.append(1))
    saved, losses = time.time(), []
    for ids, select, target in loader:
        elapsed = before + time.time() - start
        progress = elapsed / (60 * args.minutes) if args.minutes else seen / args.tokens
        if progress >= 1 or stop:
            break
        step += 1
        for group in optimizer.param_groups:
            group["lr"] = args.lr * min(1, step / args.warmup) * max(0.01, 1 - progress)
        logits, aux = model(ids.to(args.device), select.to(args.device), dtype)
        loss = F.cross_entropy(logits, target.to(args.device))
        optimizer.zero_grad(set_to_none=True)
        (loss + args.aux * aux).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen += ids.numel()
        seen_here += ids.numel()
        losses.append(float(loss))
        if step % 25 == 0:
            print("step %d  %.0f s  %.2fM tokens  loss %.4f  balance %.3f  lr %.5f  %.0f tokens/s"
                  % (step, elapsed, seen / 1e6, sum(losses) / len(losses), float(aux) / len(model.model.layers),
                     optimizer.param_groups[0]["lr"], seen_here / (time.time() - start)), flush=True)
            losses = []
        if step % args.eval_every == 0:
            evaluate()
        if time.time() - saved > args.save_every:
            save()
            saved = time.time()
    save()
    if not stop:
        evaluate()
    print("%s at step %d, %.1f s" % ("stopped" if stop else "done", step, before + time.time() - start), flush=True)


if __name__ == "__main__":
    main()
