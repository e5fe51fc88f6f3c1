"""Write a checkpoint as a Hugging Face style folder (bf16 safetensors).

  python3 export.py ck.pt OUT_FOLDER [tokenizer.model]
"""
import json
import os
import shutil
import struct
import sys

import torch

from model import load
from train import TOKENIZER


def write_safetensors(path, tensors):
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(tensors):
        t = tensors[name].detach().cpu().to(torch.bfloat16).contiguous()
        data = t.view(torch.int16).numpy().tobytes()
        header[name] = dict(dtype="BF16", shape=list(t.shape), data_offsets=[offset, offset + len(data)])
        offset += len(data)
        blobs.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for data in blobs:
            f.write(data)


CONTEXT = 1152          # longest training sequence: see train.py --max-length


CHAT_TEMPLATE = ("{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
                 "{{ '[INST] ' + message['content'] + ' [/INST]' }}{% else %}"
                 "{{ ' ' + message['content'] + eos_token + ' ' }}{% endif %}{% endfor %}")


def main():
    checkpoint, out = sys.argv[1:3]
    tokenizer = sys.argv[3] if len(sys.argv) > 3 else TOKENIZER
    os.makedirs(out, exist_ok=True)
    model = load(checkpoint)
    write_safetensors(os.path.join(out, "model.safetensors"), model.state_dict())
    config = dict(architectures=["MixtralForCausalLM"], model_type="mixtral", attention_dropout=0.0, bos_token_id=1,
                  eos_token_id=2, hidden_act="silu", initializer_range=0.02, max_position_embeddings=CONTEXT,
                  output_router_logits=False, router_aux_loss_coef=0.01, router_jitter_noise=0.0, sliding_window=None,
                  tie_word_embeddings=False, torch_dtype="bfloat16", transformers_version="4.36.0", use_cache=True)
    config.update(model.config)
    files = {
        "config.json": config,
        "generation_config.json": dict(_from_model_config=True, bos_token_id=1, eos_token_id=2, do_sample=True, temperature=0.5),
        "tokenizer_config.json": dict(add_bos_token=True, add_eos_token=False, bos_token="<s>", eos_token="</s>",
                                      unk_token="<unk>", legacy=True, model_max_length=CONTEXT,
                                      tokenizer_class="LlamaTokenizer", chat_template=CHAT_TEMPLATE),
    }
    for name, content in files.items():
        with open(os.path.join(out, name), "w", encoding="utf8") as f:
            json.dump(content, f, indent=1)
    if os.path.realpath(tokenizer) != os.path.realpath(os.path.join(out, "tokenizer.model")):
        shutil.copy(tokenizer, os.path.join(out, "tokenizer.model"))
    for name in sorted(os.listdir(out)):
        print(name, os.path.getsize(os.path.join(out, name)))


if __name__ == "__main__":
    main()
