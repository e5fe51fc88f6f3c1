// attention_reduce: joins the parts that attention made of spans of positions:
// y[t, h] = Σ_s e^(peak_s - peak)·part_s / Σ_s e^(peak_s - peak)·total_s, in the order of the spans.
// parts f32[n, nHeads, spans, HEAD_DIM+4], see attention · state
// y f32[n, nHeads, HEAD_DIM]
// Dispatch (ceil(nHeads·HEAD_DIM/4/WG), n).
#import state()

@group(0) @binding(0) var<storage, read> parts: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
struct Params {
    n_heads: u32,
    spans: u32,
}
@group(0) @binding(3) var<uniform> params: Params;

const QUADS: u32 = HEAD_DIM / 4u;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let t = id.y;
    if (id.x >= params.n_heads * QUADS || t >= state[STATE_N]) {
        return;
    }
    let row = t * params.n_heads + id.x / QUADS;
    let used = (state[STATE_POS] + t) / SPAN + 1u;
    var peak = -3.4e38;
    var total = 0.0;
    var sum = vec4<f32>(0.0);
    for (var s = 0u; s < used; s++) {
        let at = (row * params.spans + s) * (QUADS + 1u);
        let about = parts[at + QUADS];
        let higher = max(peak, about.x);
        let fade = exp(peak - higher);
        let grow = exp(about.x - higher);
        peak = higher;
        total = total * fade + about.y * grow;
        sum = sum * fade + parts[at + id.x % QUADS] * grow;
    }
    y[row * QUADS + id.x % QUADS] = sum / total;
}
