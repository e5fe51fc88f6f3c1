"""A small Mixtral in plain PyTorch.  Parameter names equal those of the Hugging Face MixtralForCausalLM."""
import json
import struct

import torch
import torch.nn as nn
import torch.nn.functional as F

DEFAULT = dict(vocab_size=3072, hidden_size=192, intermediate_size=256, num_hidden_layers=4,
               num_attention_heads=6, num_key_value_heads=2, head_dim=32, num_local_experts=8,
               num_experts_per_tok=2, rms_norm_eps=1e-5, rope_theta=1e6)


class RMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        x = x.float()
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


def rotate(x, cos, sin):
    """Rotary embedding, half-split layout.  x [batch, heads, time, head_dim]."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def product(x, linear, dtype):
    """x W^T with both factors in dtype (float32, or bfloat16 while training)."""
    return F.linear(x.to(dtype), linear.weight.to(dtype))


class Attention(nn.Module):
    BLOCK = 128                     # queries at a time: no score is computed right of the diagonal block

    def __init__(self, c):
        super().__init__()
        self.h, self.kv, self.d = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        size = c["hidden_size"]
        self.q_proj = nn.Linear(size, self.h * self.d, bias=False)
        self.k_proj = nn.Linear(size, self.kv * self.d, bias=False)
        self.v_proj = nn.Linear(size, self.kv * self.d, bias=False)
        self.o_proj = nn.Linear(self.h * self.d, size, bias=False)

    def forward(self, x, cos, sin, mask, dtype):
        n, t, _ = x.shape
        x = x.to(dtype)
        q = rotate(product(x, self.q_proj, dtype).view(n, t, self.h, self.d).transpose(1, 2).float(), cos, sin)
        k = rotate(product(x, self.k_proj, dtype).view(n, t, self.kv, self.d).transpose(1, 2).float(), cos, sin)
        v = product(x, self.v_proj, dtype).view(n, t, self.kv, self.d).transpose(1, 2)
        # the query heads of one key-value head are rows of the same product: no copies of k and v
        g = self.h // self.kv
        q = (q * self.d ** -0.5).to(dtype).view(n, self.kv, g, t, self.d)
        k, v = k.to(dtype).transpose(-1, -2), v.contiguous()
        out = []
        for start in range(0, t, self.BLOCK):
            end = min(t, start + self.BLOCK)
            rows = q[:, :, :, start:end].reshape(n * self.kv, g * (end - start), self.d)
            scores = torch.bmm(rows, k[..., :end].reshape(n * self.kv, self.d, end))
            scores = scores.view(n * self.kv * g, end - start, end)
            scores[:, :, start:] += mask[:end - start, :end - start]
            probs = scores.softmax(-1).view(n * self.kv, g * (end - start), end)    # sums in float32
            o = torch.bmm(probs, v[:, :, :end].reshape(n * self.kv, end, self.d))
            out.append(o.view(n, self.h, end - start, self.d))
        out = torch.cat(out, 2)
        return product(out.transpose(1, 2).reshape(n, t, -1), self.o_proj, dtype).float()


class Expert(nn.Module):
    def __init__(self, size, inner):
        super().__init__()
        self.w1 = nn.Linear(size, inner, bias=False)
        self.w2 = nn.Linear(inner, size, bias=False)
        self.w3 = nn.Linear(size, inner, bias=False)

    def forward(self, x, dtype):
        return product(F.silu(product(x, self.w1, dtype)) * product(x, self.w3, dtype), self.w2, dtype)


class SparseMoe(nn.Module):
    ROUND = 64                      # rows per expert are padded to a multiple: few distinct product shapes

    def __init__(self, c):
        super().__init__()
        self.k = c["num_experts_per_tok"]
        self.gate = nn.Linear(c["hidden_size"], c["num_local_experts"], bias=False)
        self.experts = nn.ModuleList(Expert(c["hidden_size"], c["intermediate_size"])
                                     for _ in range(c["num_local_experts"]))

    def forward(self, x, dtype):
        """x [tokens, size] -> (same shape, load-balancing loss; 1.0 means perfectly balanced)."""
        n, n_exp = x.shape[0], len(self.experts)
        logits = self.gate(x)
        top, index = logits.topk(self.k, -1)
        weight = top.softmax(-1).reshape(-1)
        flat = index.reshape(-1)
        order = torch.argsort(flat)                       # slots grouped by expert
        counts = torch.bincount(flat, minlength=n_exp)
        padded = (counts + self.ROUND - 1) // self.ROUND * self.ROUND
        # place of each slot among the padded groups; a padding row reads token 0 with weight 0
        place = torch.arange(n * self.k, device=x.device) + (padded.cumsum(0) - padded - counts.cumsum(0) + counts)[flat[order]]
        total = int(padded.sum())
        token = torch.zeros(total, dtype=torch.long, device=x.device)
        token[place] = torch.div(order, self.k, rounding_mode="floor")
        scale = torch.zeros(total, dtype=weight.dtype, device=x.device).index_put((place,), weight[order])
        rows = x.to(dtype).index_select(0, token).split(padded.tolist())
        parts = [e(p, dtype) for e, p in zip(self.experts, rows) if len(p)]
        y = torch.cat(parts).float() * scale[:, None]
        out = torch.zeros(n, x.shape[1], device=x.device).index_add(0, token, y)
        share = counts.float() / (n * self.k)
        aux = n_exp * (share * logits.softmax(-1).mean(0)).sum()
        return out, aux


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.self_attn = Attention(c)
        self.block_sparse_moe = SparseMoe(c)
        self.input_layernorm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        self.post_attention_layernorm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])


class Body(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])


class Mixtral(nn.Module):
    def __init__(self, config=None, seed=0):
        super().__init__()
        self.config = c = dict(DEFAULT, **(config or {}))
        self.model = Body(c)
        self.lm_head = nn.Linear(c["hidden_size"], c["vocab_size"], bias=False)
        gen = torch.Generator().manual_seed(seed)
        depth = (2 * c["num_hidden_layers"]) ** -0.5
        for name, p in self.named_parameters():
            if p.dim() < 2:
                continue
            std = p.shape[1] ** -0.5
            if "embed_tokens" in name:
                std = 0.5
            elif "o_proj" in name:
                std *= depth
            elif ".w2." in name:
                std *= 1.4 * depth
            elif "lm_head" in name:
                std *= 0.5
            with torch.no_grad():
                p.normal_(0, std, generator=gen)

    def forward(self, ids, select=None, dtype=torch.float32):
        """ids [batch, time].  select: flat positions wanted (all if None); the last layer's experts
        and the output head only run there.  dtype: type of the factors of the large products; the residual
        stream, norms, rotations, softmax and the router stay in float32.  Returns (logits [len(select), vocab], mean aux loss)."""
        c = self.config
        n, t = ids.shape
        inv = c["rope_theta"] ** (-torch.arange(0, c["head_dim"], 2, device=ids.device).float() / c["head_dim"])
        angle = torch.outer(torch.arange(t, device=ids.device).float(), inv)
        cos, sin = angle.cos(), angle.sin()
        side = min(t, Attention.BLOCK)
        mask = torch.full((side, side), float("-inf"), device=ids.device, dtype=dtype).triu(1)
        x, aux = self.model.embed_tokens(ids).float(), 0.0
        for i, layer in enumerate(self.model.layers):
            x = x + layer.self_attn(layer.input_layernorm(x), cos, sin, mask, dtype)
            if i == len(self.model.layers) - 1:
                x = x.reshape(n * t, -1)
                x = x if select is None else x[select]
            h = layer.post_attention_layernorm(x)
            y, a = layer.block_sparse_moe(h.reshape(-1, h.shape[-1]), dtype)
            x = x + y.view(x.shape)
            aux = aux + a
        return product(self.model.norm(x), self.lm_head, dtype).float(), aux

    @torch.no_grad()
    def generate(self, ids, eos=2, limit=100):
        """Greedy, no cache: good enough to look at a few answers."""
        out = []
        while len(out) < limit:
            seq = torch.tensor([ids + out], device=self.lm_head.weight.device)
            logits, _ = self(seq, torch.tensor([seq.shape[1] - 1], device=seq.device))
            token = int(logits.argmax())
            if token == eos:
                break
            out.append(token)
        return out


def read_safetensors(path):
    kinds = {"BF16": torch.bfloat16, "F32": torch.float32, "F16": torch.float16}
    with open(path, "rb") as f:
        size = struct.unpack("<Q", f.read(8))[0]
        header = json.loads(f.read(size))
        blob = bytearray(f.read())
    out = {}
    for name, info in header.items():
        if name == "__metadata__":
            continue
        start, end = info["data_offsets"]
        kind = kinds[info["dtype"]]
        count = (end - start) // (4 if kind == torch.float32 else 2)
        out[name] = torch.frombuffer(blob, dtype=kind, count=count, offset=start).view(info["shape"]).clone()
    return out


def load(path):
    """A checkpoint of train.py (.pt) or an exported folder."""
    if path.endswith(".pt"):
        state = torch.load(path, map_location="cpu")
        model = Mixtral(state["config"])
        model.load_state_dict(state["model"])
        return model
    with open(path + "/config.json") as f:
        config = {k: v for k, v in json.load(f).items() if k in DEFAULT}
    model = Mixtral(config)
    model.load_state_dict({k: v.float() for k, v in read_safetensors(path + "/model.safetensors").items()})
    return model
