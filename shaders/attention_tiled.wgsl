// attention_tiled: attention for a chunk of a prompt, as FlashAttention does it: a workgroup has
// TOKENS tokens and up to four heads that share a key head, and walks the positions in tiles
// of POSITIONS, whose scores are in workgroup memory only.
// q f32[n, nHeads, HEAD_DIM] · k, v CACHE[context, nKVHeads, HEAD_DIM] · state
// y f32[n, nHeads, HEAD_DIM]
// Dispatch (nKVHeads·ceil(GROUP/4), ceil(n/TOKENS)). A thread has one token and, in products
// with keys, every EIGHTH position, in those with values a quad of each SLICE of dimensions.
// Queries, keys and values pass through workgroup memory by slices of 32 dimensions.
// Requires HEAD_DIM % 8 == 0. The order of the sums does not depend on n.
#import state()
#import CACHE()

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read> v: array<KV>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>;
struct Params {
    n_heads: u32,
    n_kv_heads: u32,
    scales: u32, // where q8's begin in k
}
@group(0) @binding(5) var<uniform> params: Params;

const UNITS: u32 = HEAD_DIM / 8u; // of a head
const CHUNKS: u32 = (GROUP + 3u) / 4u;
const WG: u32 = TOKENS * 8u;
const POSITIONS: u32 = 32u;
const SLICE: u32 = 4u; // units
const SLICES: u32 = (UNITS + SLICE - 1u) / SLICE;
const ROW: u32 = 2u * SLICE + 1u; // quads of a row in workgroup memory; + 1: no two in one bank
const Q_QUADS: u32 = TOKENS * 4u * ROW;
const KV_QUADS: u32 = POSITIONS * ROW;
const E_VECS: u32 = POSITIONS * TOKENS;
const LOWEST: f32 = -3.4e38;

var<workgroup> sh_q: array<vec4<f32>, Q_QUADS>;
var<workgroup> sh_kv: array<vec4<f32>, KV_QUADS>;
var<workgroup> sh_e: array<vec4<f32>, E_VECS>; // weights of four heads
var<workgroup> sh_each: array<vec4<f32>, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let first_token = wid.y * TOKENS;
    let n = state[STATE_N];
    if (first_token >= n) {
        return;
    }
    let pos = state[STATE_POS];
    let end = pos + min(first_token + TOKENS, n); // of what the last token sees
    let kv = wid.x / CHUNKS;
    let chunk = wid.x % CHUNKS * 4u;
    let heads = min(4u, GROUP - chunk);
    let head = kv * GROUP + chunk;
    let token = lid / 8u; // of the workgroup's
    let eighth = lid % 8u;
    let len = pos + first_token + token + 1u;
    let factor = 1.0 / sqrt(f32(HEAD_DIM));

    var peak = vec4<f32>(LOWEST);
    var total = vec4<f32>(0.0);
    var acc: array<mat4x4<f32>, SLICES>; // columns: heads
    for (var first = 0u; first < end; first += POSITIONS) {
        var s0 = vec4<f32>(0.0); // of four heads, position eighth
        var s1 = vec4<f32>(0.0); // eighth + 8
        var s2 = vec4<f32>(0.0);
        var s3 = vec4<f32>(0.0);
        for (var slice = 0u; slice < SLICES; slice++) {
            workgroupBarrier();
            for (var i = lid; i < TOKENS * 4u * SLICE; i += WG) {
                let unit = slice * SLICE + i % SLICE;
                let row = i / SLICE;
                let t = min(first_token + row / 4u, n - 1u);
                let at = (t * params.n_heads + head + min(row % 4u, heads - 1u)) * 2u * UNITS + unit;
                let to = row * ROW + i % SLICE * 2u;
                if (unit < UNITS) {
                    sh_q[to] = q[at] * factor;
                    sh_q[to + 1u] = q[at + UNITS] * factor;
                } else {
                    sh_q[to] = vec4<f32>(0.0);
                    sh_q[to + 1u] = vec4<f32>(0.0);
                }
            }
            for (var i = lid; i < POSITIONS * SLICE; i += WG) {
                let x = k_eight(cache_row(first + i / SLICE, end, kv), min(slice * SLICE + i % SLICE, UNITS - 1u));
                let to = i / SLICE * ROW + i % SLICE * 2u;
                sh_kv[to] = x.a;
                sh_kv[to + 1u] = x.b;
            }
            workgroupBarrier();
            for (var i = 0u; i < 2u * SLICE; i++) {
                let at = token * 4u * ROW + i;
                let m = mat4x4<f32>(sh_q[at], sh_q[at + ROW], sh_q[at + 2u * ROW], sh_q[at + 3u * ROW]);
                s0 += sh_kv[eighth * ROW + i] * m;
                s1 += sh_kv[(eighth + 8u) * ROW + i] * m;
                s2 += sh_kv[(eighth + 16u) * ROW + i] * m;
                s3 += sh_kv[(eighth + 24u) * ROW + i] * m;
            }
        }
        let p = first + eighth;
        let low = vec4<f32>(LOWEST);
        s0 = select(low, s0, p < len);
        s1 = select(low, s1, p + 8u < len);
        s2 = select(low, s2, p + 16u < len);
        s3 = select(low, s3, p + 24u < len);
        sh_each[lid] = max(max(s0, s1), max(s2, s3));
        workgroupBarrier();
        var higher = peak;
        for (var i = 0u; i < 8u; i++) {
            higher = max(higher, sh_each[token * 8u + i]);
        }
        let fade = exp(peak - higher);
        peak = higher;
        s0 = exp(s0 - peak);
        s1 = exp(s1 - peak);
        s2 = exp(s2 - peak);
        s3 = exp(s3 - peak);
        total = total * fade + ((s0 + s1) + (s2 + s3)); // of this thread's positions
        sh_e[eighth * TOKENS + token] = s0;
        sh_e[(eighth + 8u) * TOKENS + token] = s1;
        sh_e[(eighth + 16u) * TOKENS + token] = s2;
        sh_e[(eighth + 24u) * TOKENS + token] = s3;
        for (var slice = 0u; slice < SLICES; slice++) {
            workgroupBarrier();
            for (var i = lid; i < POSITIONS * SLICE; i += WG) {
                let x = v_eight(cache_row(first + i / SLICE, end, kv), min(slice * SLICE + i % SLICE, UNITS - 1u));
                let to = i / SLICE * ROW + i % SLICE * 2u;
                sh_kv[to] = x.a;
                sh_kv[to + 1u] = x.b;
            }
            workgroupBarrier();
            var sum = acc[slice];
            sum[0] *= fade.x;
            sum[1] *= fade.y;
            sum[2] *= fade.z;
            sum[3] *= fade.w;
            for (var i = 0u; i < POSITIONS; i++) {
                let e = sh_e[i * TOKENS + token];
                let x = sh_kv[i * ROW + eighth];
                sum[0] += e.x * x;
                sum[1] += e.y * x;
                sum[2] += e.z * x;
                sum[3] += e.w * x;
            }
            acc[slice] = sum;
        }
    }
    workgroupBarrier();
    sh_each[lid] = total;
    workgroupBarrier();
    if (first_token + token >= n) {
        return;
    }
    total = vec4<f32>(0.0);
    for (var i = 0u; i < 8u; i++) {
        total += sh_each[token * 8u + i];
    }
    let row = (first_token + token) * params.n_heads + head;
    for (var slice = 0u; slice < SLICES; slice++) {
        let unit = slice * SLICE + eighth / 2u;
        if (unit < UNITS) {
            let at = row * 2u * UNITS + unit + eighth % 2u * UNITS;
            y[at] = acc[slice][0] / total.x;
            if (heads > 1u) {
                y[at + 2u * UNITS] = acc[slice][1] / total.y;
            }
            if (heads > 2u) {
                y[at + 4u * UNITS] = acc[slice][2] / total.z;
            }
            if (heads > 3u) {
                y[at + 6u * UNITS] = acc[slice][3] / total.w;
            }
        }
    }
}

// cache_row is a position's row in the cache; positions beyond the end, which weigh nothing,
// repeat the last one, as they may be anything.
fn cache_row(position: u32, end: u32, kv: u32) -> u32 {
    return min(position, end - 1u) * params.n_kv_heads + kv;
}
