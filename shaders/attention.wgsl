// attention: causal grouped-query attention over the KV cache, with an online softmax:
// y[t, h] = Σ_p softmax_p(q[t, h] · k[p, h/GROUP] / √HEAD_DIM) · v[p, h/GROUP], p ≤ pos + t.
// q f32[n, nHeads, HEAD_DIM] · k, v CACHE[context, nKVHeads, HEAD_DIM] · state
// y f32[n, nHeads, HEAD_DIM]; with several spans, of each its part f32[n, nHeads, spans, HEAD_DIM+4]:
// the sum of e^(score-peak)·v, then peak and Σ e^(score-peak), for attention_reduce
// Dispatch (nKVHeads·ceil(GROUP/4), n, spans). A workgroup has one token, up to four heads that share
// a key head, so that keys and values are read once for them, and SPAN positions, which it
// walks in tiles. SCORES says how a tile's scores are shared out; for the weighted sum a
// thread has eight dimensions of every PARTS-th position.
// Requires HEAD_DIM % 8 == 0, WG >= HEAD_DIM/8. The order of the sums does not depend on n.
#import state()
#import CACHE()
#import SCORES()

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read> v: array<KV>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>;
struct Params {
    n_heads: u32,
    n_kv_heads: u32,
    scales: u32, // where q8's begin in k
    spans: u32,
}
@group(0) @binding(5) var<uniform> params: Params;

const UNITS: u32 = HEAD_DIM / 8u; // of a head
const PARTS: u32 = WG / UNITS;    // threads of one unit
const CHUNKS: u32 = (GROUP + 3u) / 4u;
const LOWEST: f32 = -3.4e38;

// Sums are a unit of four heads, Σ e^(score-peak)·v.
struct Sums {
    a0: vec4<f32>,
    b0: vec4<f32>,
    a1: vec4<f32>,
    b1: vec4<f32>,
    a2: vec4<f32>,
    b2: vec4<f32>,
    a3: vec4<f32>,
    b3: vec4<f32>,
}

var<workgroup> sh_s: array<vec4<f32>, TILE>; // scores of the four heads, then their weights
var<workgroup> sh_each: array<vec4<f32>, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let t = wid.y;
    let begin = wid.z * SPAN;
    let len = state[STATE_POS] + t + 1u;
    if (t >= state[STATE_N] || begin >= len) {
        return;
    }
    let end = min(len, begin + SPAN);
    let kv = wid.x / CHUNKS;
    let chunk = wid.x % CHUNKS * 4u;
    let heads = min(4u, GROUP - chunk);
    let row = t * params.n_heads + kv * GROUP + chunk;
    // Heads that are not there repeat the last.
    let q_at = (row + min(vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(heads - 1u))) * 2u * UNITS;
    let unit = lid % UNITS;
    let part = lid / UNITS;
    scores_begin(q_at, lid);

    var peak = vec4<f32>(LOWEST);
    var total = vec4<f32>(0.0);
    // Four heads' units, in words of their own: CPU adapters are slow with arrays.
    var a0 = vec4<f32>(0.0);
    var b0 = vec4<f32>(0.0);
    var a1 = vec4<f32>(0.0);
    var b1 = vec4<f32>(0.0);
    var a2 = vec4<f32>(0.0);
    var b2 = vec4<f32>(0.0);
    var a3 = vec4<f32>(0.0);
    var b3 = vec4<f32>(0.0);
    for (var first = begin; first < end; first += TILE) {
        let here = min(TILE, end - first);
        sh_each[lid] = scores(first, here, kv, q_at, lid);
        workgroupBarrier();
        var tile_peak = peak;
        for (var i = 0u; i < min(WG, TILE); i++) {
            tile_peak = max(tile_peak, sh_each[i]);
        }
        let fade = exp(peak - tile_peak);
        peak = tile_peak;
        var sum = vec4<f32>(0.0);
        for (var j = lid; j < here; j += WG) {
            let e = exp(sh_s[j] - peak);
            sum += e;
            sh_s[j] = e;
        }
        total = total * fade + sum; // of this thread's positions
        workgroupBarrier();
        a0 *= fade.x;
        b0 *= fade.x;
        a1 *= fade.y;
        b1 *= fade.y;
        a2 *= fade.z;
        b2 *= fade.z;
        a3 *= fade.w;
        b3 *= fade.w;
        if (part < PARTS) {
            for (var j = part; j < here; j += PARTS) {
                let e = sh_s[j];
                let x = v_eight((first + j) * params.n_kv_heads + kv, unit);
                a0 += e.x * x.a;
                b0 += e.x * x.b;
                a1 += e.y * x.a;
                b1 += e.y * x.b;
                a2 += e.z * x.a;
                b2 += e.z * x.b;
                a3 += e.w * x.a;
                b3 += e.w * x.b;
            }
        }
        workgroupBarrier();
    }
    sh_each[lid] = total;
    let all = sums_joined(Sums(a0, b0, a1, b1, a2, b2, a3, b3), lid);
    workgroupBarrier();
    if (part > 0u) {
        return;
    }
    total = vec4<f32>(0.0);
    for (var i = 0u; i < WG; i++) {
        total += sh_each[i];
    }
    write(row, wid.z, unit, all.a0, all.b0, peak.x, total.x);
    if (heads > 1u) {
        write(row + 1u, wid.z, unit, all.a1, all.b1, peak.y, total.y);
    }
    if (heads > 2u) {
        write(row + 2u, wid.z, unit, all.a2, all.b2, peak.z, total.z);
    }
    if (heads > 3u) {
        write(row + 3u, wid.z, unit, all.a3, all.b3, peak.w, total.w);
    }
}

fn scale() -> f32 {
    return 1.0 / sqrt(f32(HEAD_DIM));
}

// write puts a unit of a head where it belongs.
fn write(row: u32, span: u32, unit: u32, a: vec4<f32>, b: vec4<f32>, peak: f32, total: f32) {
    if (params.spans == 1u) {
        let at = row * 2u * UNITS + unit;
        y[at] = a / total;
        y[at + UNITS] = b / total;
        return;
    }
    let at = (row * params.spans + span) * (2u * UNITS + 1u);
    y[at + unit] = a;
    y[at + unit + UNITS] = b;
    if (unit == 0u) {
        y[at + 2u * UNITS] = vec4<f32>(peak, total, 0.0, 0.0);
    }
}
