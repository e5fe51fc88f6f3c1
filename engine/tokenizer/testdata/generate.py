#!/usr/bin/python3
"""Writes the fixtures of engine/tokenizer and engine/chat that belong to demo.model.

  /usr/bin/python3 engine/tokenizer/testdata/generate.py

Needs Debian's python3-sentencepiece (0.1.97), the reference implementation: the
ids and texts written here are its, not ours. The texts are those of
tokenizer_cases.json and ../../chat/testdata/chat_cases.json; ids to decode are
drawn anew for the smaller vocabulary.

  demo_cases.json                      same shape as tokenizer_cases.json
  demo.tokenizer.json                  demo.model by Hugging Face's converter rules
  ../../chat/testdata/demo_cases.json  [{name, messages, ids}]
"""
import base64
import json
import pathlib
import random
import sys

import sentencepiece

HERE = pathlib.Path(__file__).parent
CHAT = HERE.parent.parent / "chat" / "testdata"


def dump(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=None, separators=(",", ":")) + "\n")


def tokenizer_cases(sp, golden):
    rng = random.Random(2)
    n = sp.vocab_size()
    decode = [[i % n for i in c["ids"]] for c in golden["decode"]]
    decode += [[0], [1], [2], [1, 0, 2], [0, 3 + 0x20], [3 + 0x61, sp.piece_to_id("▁")]]
    for text in ("héllo", "日本語 😀", "👩‍👩‍👧‍👦", "a\x00b"):  # bytes alone, also cut off
        ids = [3 + b for b in text.encode()]
        decode += [ids, ids[:-1], ids[1:], ids[:2] + [1] + ids[2:], ids[:2] + [300] + ids[2:]]
    for _ in range(200):
        decode.append([rng.choice((rng.randrange(n), 3 + rng.randrange(256))) for _ in range(rng.randrange(12))])
    return {
        "meta": {"model": "demo.model", "made_by": "sentencepiece " + sentencepiece.__version__},
        "cases": [{"text": c["text"], "ids": sp.encode(c["text"])} for c in golden["cases"]],
        "invalid_utf8": [
            {"bytes_b64": c["bytes_b64"], "ids": sp.encode(base64.b64decode(c["bytes_b64"]))}
            for c in golden["invalid_utf8"]
        ],
        "decode": [{"ids": ids, "decoded": sp.decode(ids)} for ids in decode],
    }


def chat_ids(sp, messages):
    """The model card's rule per segment, with mistral-common V1's policy for odd conversations."""
    system = "\n\n".join(m["content"] for m in messages if m["role"] == "system" and m["content"])
    turns = []
    for m in messages:
        if m["role"] == "system":
            continue
        if not turns and m["role"] == "assistant":
            turns.append(["user", []])
        if not turns or turns[-1][0] != m["role"]:
            turns.append([m["role"], []])
        turns[-1][1].append(m["content"])
    ids = [sp.bos_id()]
    for i, (role, parts) in enumerate(turns):
        text = "\n\n".join(p for p in parts if p)
        if i == 0 and system:
            text = system + "\n\n" + text
        if role == "assistant":
            ids += sp.encode(text) + [sp.eos_id()]
        elif text:
            ids += sp.encode("[INST]") + sp.encode(text) + sp.encode("[/INST]")
        else:
            ids += sp.encode("[INST]  [/INST]")
    return ids


def hugging_face(sp):
    """tokenizer.json as transformers' SentencePieceExtractor and LlamaConverter make it."""
    vocab = {sp.id_to_piece(i): i for i in range(sp.vocab_size())}
    normal = [p for p, i in vocab.items() if not (sp.is_byte(i) or sp.is_control(i) or sp.is_unknown(i))]
    merges = []
    for piece in normal:
        local = [(piece[:i], piece[i:]) for i in range(1, len(piece)) if piece[:i] in vocab and piece[i:] in vocab]
        local.sort(key=lambda m: (vocab[m[0]], vocab[m[1]]))
        merges += [(left, right, sp.get_score(vocab[piece])) for left, right in local]
    merges.sort(key=lambda m: (m[2], len(m[0]), len(m[1])), reverse=True)
    return {
        "version": "1.0",
        "added_tokens": [
            {"id": i, "content": p, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for i, p in enumerate(("<unk>", "<s>", "</s>"))
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            ],
        },
        "pre_tokenizer": None,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": vocab,
            "merges": [left + " " + right for left, right, _ in merges],
        },
    }


def main():
    if len(sys.argv) == 3:  # MODEL OUT: only convert another model to tokenizer.json
        dump(pathlib.Path(sys.argv[2]), hugging_face(sentencepiece.SentencePieceProcessor(model_file=sys.argv[1])))
        return
    sp = sentencepiece.SentencePieceProcessor(model_file=str(HERE / "demo.model"))
    golden = json.loads((HERE / "tokenizer_cases.json").read_text())
    chats = json.loads((CHAT / "chat_cases.json").read_text())["cases"]
    dump(HERE / "demo_cases.json", tokenizer_cases(sp, golden))
    dump(HERE / "demo.tokenizer.json", hugging_face(sp))
    dump(CHAT / "demo_cases.json", [
        {"name": c["name"], "messages": c["messages"], "ids": chat_ids(sp, c["messages"])} for c in chats
    ])


main()
