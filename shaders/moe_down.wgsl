// moe_down: one token's chosen experts, second half:
// y += Σ_i weight_i · (W2[e_i] · x[i]), (e_i, weight_i) = route[i].
// x f32[TOP_K, cols] · route (expert, weight)[TOP_K] · down WEIGHTS[slots, rows, cols] · state
// y f32[rows], the residual stream
// Dispatch (ceil(rows/WG/ROWS), 1). TILE is 1. Prefill's sibling is moe_down_grouped.
#import BANKS(down)
#import state()

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> route: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> down_a: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> down_b: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
struct Params {
    rows: u32,
    cols: u32,
    per_bank: u32,
    stride: u32,
    table: u32, // the layer's slots in state
}
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x * ROWS;
    if (row >= params.rows || state[STATE_N] == 0u) {
        return;
    }
    for (var i = 0u; i < ROWS; i++) {
        row_at[i] = min(row + i, params.rows - 1u);
    }
    x_n = 1u;
    var sum: array<f32, ROWS>;
    for (var j = 0u; j < TOP_K; j++) {
        x_at[0] = j * (params.cols / 4u);
        slot = state[params.table + route[j].x];
        var d = down_dot();
        for (var i = 0u; i < ROWS; i++) {
            sum[i] += bitcast<f32>(route[j].y) * d[i];
        }
    }
    for (var i = 0u; i < ROWS && row + i < params.rows; i++) {
        y[row + i] += sum[i];
    }
}
