// rmsnorm: y[t] = x[t] · rsqrt(mean(x[t]²) + eps) · w.
// x f32[n, dim] · w f32[dim] · state
// y f32[n, dim]; with last != 0 only the pass's last token, into y[0].
// Dispatch (n, 1, 1), or (1, 1, 1) with last.
#import workgroup_sum()
#import state()

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
struct Params {
    dim: u32,
    eps: f32,
    last: u32,
}
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    if (wid.x >= state[STATE_N]) {
        return;
    }
    let from_row = select(wid.x, state[STATE_N] - 1u, params.last != 0u) * params.dim;
    let to_row = wid.x * params.dim;
    var squares = 0.0;
    for (var i = lid; i < params.dim; i += WG) {
        let v = x[from_row + i];
        squares += v * v;
    }
    let inv = 1.0 / sqrt(workgroup_sum(lid, squares) / f32(params.dim) + params.eps);
    for (var i = lid; i < params.dim; i += WG) {
        y[to_row + i] = x[from_row + i] * inv * w[i];
    }
}
