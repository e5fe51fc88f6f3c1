// qkv: the three attention projections of a token, RoPE, and the KV cache's write.
// x f32[n, cols] · state · w WEIGHTS[(nHeads + 2·nKVHeads)·headDim, cols] = Q, K, V rows
// rope f32[context, headDim/2, 2] = cos and sin
// q f32[n, nHeads, headDim] · k, v CACHE[context, nKVHeads, headDim], written at the
// tokens' positions, or for q8 f32[n, nKVHeads, headDim]. RoPE rotates the halves
// (i, i + headDim/2), as Hugging Face does.
// Dispatch (ceil(rows / rows of a workgroup), ceil(n/TOKENS)): a block has both rows of
// ROWS/2 rotations.
#import WEIGHTS(w)
#import DOT(w)
#import state()
#import CACHE_WRITE()

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> rope: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> q: array<f32>;
@group(0) @binding(5) var<storage, read_write> k: array<KVWord>;
@group(0) @binding(6) var<storage, read_write> v: array<KVWord>;
struct Params {
    cols: u32,
    n_heads: u32,
    n_kv_heads: u32,
    head_dim: u32,
}
@group(0) @binding(7) var<uniform> params: Params;

const PAIRS: u32 = ROWS / 2u;

fn w_load(i: u32) -> Unit {
    let rows = (params.n_heads + 2u * params.n_kv_heads) * params.head_dim;
    return w_unit(0u, rows * (params.cols / COLUMNS), i);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let half_dim = params.head_dim / 2u;
    let pairs = (params.n_heads + 2u * params.n_kv_heads) * half_dim;
    let n = state[STATE_N];
    if (wid.y * TOKENS >= n) {
        return;
    }
    let pair = first_row(wid.x, lid) / 2u;
    let first = wid.y * TOKENS + first_token(lid);
    x_n = min(TILE, n - min(n, first));
    for (var t = 0u; t < TILE; t++) {
        x_at[t] = min(first + t, n - 1u) * (params.cols / 4u);
    }
    for (var i = 0u; i < PAIRS; i++) {
        let p = min(pair + i, pairs - 1u);
        row_at[2u * i] = p / half_dim * params.head_dim + p % half_dim;
        row_at[2u * i + 1u] = row_at[2u * i] + half_dim;
    }
    var acc = team_sum(lid, w_dot(lid, params.cols));
    if (lane(lid) != 0u) {
        return;
    }
    for (var i = 0u; i < PAIRS && pair + i < pairs; i++) {
        for (var t = 0u; t < x_n; t++) {
            let both = vec2<f32>(acc[2u * i * TILE + t], acc[(2u * i + 1u) * TILE + t]);
            store(pair + i, first + t, both);
        }
    }
}

// store writes both rows of a pair for token t: rotated, unless they are values.
fn store(pair: u32, t: u32, both: vec2<f32>) {
    let half_dim = params.head_dim / 2u;
    let head = pair / half_dim;
    let i = pair % half_dim;
    let pos = state[STATE_POS] + t;
    let c = rope[pos * half_dim + i];
    let r = vec2<f32>(both.x * c.x - both.y * c.y, both.y * c.x + both.x * c.y);
    if (head < params.n_heads) {
        let p = (t * params.n_heads + head) * params.head_dim + i;
        q[p] = r.x;
        q[p + half_dim] = r.y;
        return;
    }
    let row = kv_row(pos, t) * params.n_kv_heads + (head - params.n_heads) % params.n_kv_heads;
    if (head < params.n_heads + params.n_kv_heads) {
        k_write(row, i, r);
    } else {
        v_write(row, i, both);
    }
}
