// attention: causal grouped-query attention with an online softmax (FlashAttention):
// y[t, h] = Σ_p softmax_p(q[t, h] · k[p, h/group] / √headDim) · v[p, h/group], p ≤ pos + t.
// q f32[n, nHeads, HEAD_DIM] · k, v f32[context, nKVHeads, HEAD_DIM] · state
// y f32[n, nHeads, HEAD_DIM]
// Dispatch (nHeads, n). A workgroup walks the positions in tiles of WG: a thread has
// one position's score, then some of the head's dimensions of the weighted sum.
// Requires HEAD_DIM % 4 == 0. The order of the sums does not depend on n.
#import state()

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
struct Params {
    n_heads: u32,
    n_kv_heads: u32,
}
@group(0) @binding(5) var<uniform> params: Params;

const QUADS: u32 = HEAD_DIM / 4u;
const DIMS: u32 = (HEAD_DIM + WG - 1u) / WG; // of one thread

var<workgroup> sh_q: array<vec4<f32>, QUADS>;
var<workgroup> sh_s: array<f32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let t = wid.y;
    if (t >= state[STATE_N]) {
        return;
    }
    let len = state[STATE_POS] + t + 1u;
    let row = t * params.n_heads + wid.x;
    let kv = wid.x / (params.n_heads / params.n_kv_heads);
    let scale = 1.0 / sqrt(f32(HEAD_DIM));
    for (var i = lid; i < QUADS; i += WG) {
        sh_q[i] = q[row * QUADS + i] * scale;
    }
    var peak = -3.4e38;
    var total = 0.0;
    var acc: array<f32, DIMS>;
    for (var first = 0u; first < len; first += WG) {
        workgroupBarrier();
        var s = -3.4e38;
        if (first + lid < len) {
            let p = ((first + lid) * params.n_kv_heads + kv) * QUADS;
            s = 0.0;
            for (var i = 0u; i < QUADS; i++) {
                s += dot(sh_q[i], k[p + i]);
            }
        }
        sh_s[lid] = s;
        workgroupBarrier();
        let here = min(WG, len - first);
        var tile_peak = peak;
        for (var j = 0u; j < here; j++) {
            tile_peak = max(tile_peak, sh_s[j]);
        }
        workgroupBarrier();
        sh_s[lid] = exp(s - tile_peak);
        workgroupBarrier();
        let fade = exp(peak - tile_peak);
        peak = tile_peak;
        total *= fade;
        for (var j = 0u; j < here; j++) {
            total += sh_s[j];
        }
        for (var i = 0u; i < DIMS; i++) {
            let d = i * WG + lid;
            if (d < HEAD_DIM) {
                var sum = acc[i] * fade;
                for (var j = 0u; j < here; j++) {
                    sum += sh_s[j] * v[((first + j) * params.n_kv_heads + kv) * HEAD_DIM + d];
                }
                acc[i] = sum;
            }
        }
    }
    for (var i = 0u; i < DIMS; i++) {
        let d = i * WG + lid;
        if (d < HEAD_DIM) {
            y[row * HEAD_DIM + d] = acc[i] / total;
        }
    }
}
