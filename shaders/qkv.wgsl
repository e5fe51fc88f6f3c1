// qkv: the three attention projections of a token, RoPE, and the KV cache's write.
// x f32[n, cols] · state · w WEIGHTS[(nHeads + 2·nKVHeads)·headDim, cols] = Q, K, V rows
// rope f32[context, headDim/2, 2] = cos and sin
// q f32[n, nHeads, headDim] · k, v f32[context, nKVHeads, headDim], written at the
// tokens' positions. RoPE rotates the halves (i, i + headDim/2), as Hugging Face does.
// Dispatch (ceil(rows/2/WG), ceil(n/TILE)): a thread has both rows of one rotation.
#import row_dot(w)
#import state()

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> rope: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> q: array<f32>;
@group(0) @binding(5) var<storage, read_write> k: array<f32>;
@group(0) @binding(6) var<storage, read_write> v: array<f32>;
struct Params {
    cols: u32,
    n_heads: u32,
    n_kv_heads: u32,
    head_dim: u32,
}
@group(0) @binding(7) var<uniform> params: Params;

var<private> x_at: array<u32, TILE>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let half_dim = params.head_dim / 2u;
    let heads = params.n_heads + 2u * params.n_kv_heads;
    let n = state[STATE_N];
    let first = id.y * TILE;
    if (id.x >= heads * half_dim || first >= n) {
        return;
    }
    for (var t = 0u; t < TILE; t++) {
        x_at[t] = min(first + t, n - 1u) * (params.cols / 4u);
    }
    let head = id.x / half_dim;
    let i = id.x % half_dim;
    let rows = heads * params.head_dim;
    let row = head * params.head_dim + i;
    var low = w_dot(0u, rows, params.cols, row);
    var high = w_dot(0u, rows, params.cols, row + half_dim);
    for (var t = 0u; t < TILE && first + t < n; t++) {
        let pos = state[STATE_POS] + first + t;
        var r = vec2<f32>(low[t], high[t]);
        if (head < params.n_heads + params.n_kv_heads) {
            let c = rope[pos * half_dim + i];
            r = vec2<f32>(r.x * c.x - r.y * c.y, r.y * c.x + r.x * c.y);
        }
        if (head < params.n_heads) {
            let p = ((first + t) * params.n_heads + head) * params.head_dim + i;
            q[p] = r.x;
            q[p + half_dim] = r.y;
        } else if (head < params.n_heads + params.n_kv_heads) {
            let p = (pos * params.n_kv_heads + head - params.n_heads) * params.head_dim + i;
            k[p] = r.x;
            k[p + half_dim] = r.y;
        } else {
            let p = (pos * params.n_kv_heads + head - params.n_heads - params.n_kv_heads) * params.head_dim + i;
            v[p] = r.x;
            v[p + half_dim] = r.y;
        }
    }
}
