// moe_combine: y[t] += Σ_i weight_i · x[t, i], (·, weight_i) = route[t, i].
// x f32[n, TOP_K, dim] · route (expert, weight)[n, TOP_K] · state
// y f32[n, dim], the residual stream
// Dispatch (ceil(dim/WG), n). A chain of fma from y on, as in moe_down: what a compiler may not
// reorder gives the same bits in both.
#import state()

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> route: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
struct Params {
    dim: u32,
}
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let t = id.y;
    if (id.x >= params.dim || t >= state[STATE_N]) {
        return;
    }
    var sum = y[t * params.dim + id.x];
    for (var i = 0u; i < TOP_K; i++) {
        let entry = t * TOP_K + i;
        sum = fma(bitcast<f32>(route[entry].y), x[entry * params.dim + id.x], sum);
    }
    y[t * params.dim + id.x] = sum;
}
