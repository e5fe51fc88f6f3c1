// moe_gate_up: a few tokens' chosen experts, first half, each token's by themselves:
// a[entry] = silu(W1[e] · x[token]) ⊙ (W3[e] · x[token]), e = route[entry],
// entry = token·TOP_K + choice.
// x f32[n, cols] · route (expert, weight)[n, TOP_K] · gate, up WEIGHTS[slots, rows, cols] · state
// a f32[n, TOP_K, rows]
// Dispatch (ceil(rows / rows of a workgroup), n·TOP_K). TILE is 1. Prefill's sibling is moe_gate_up_grouped.
#import BANKS(gate)
#import BANKS(up)
#import state()

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> route: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> gate_a: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> gate_b: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> up_a: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read> up_b: array<vec4<u32>>;
@group(0) @binding(6) var<storage, read> state: array<u32>;
@group(0) @binding(7) var<storage, read_write> a: array<f32>;
struct Params {
    rows: u32,
    cols: u32,
    per_bank: u32,
    stride: u32,
    table: u32, // the layer's slots in state
}
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let token = wid.y / TOP_K;
    if (token >= state[STATE_N]) {
        return;
    }
    let row = first_row(wid.x, lid);
    for (var i = 0u; i < ROWS; i++) {
        row_at[i] = min(row + i, params.rows - 1u);
    }
    x_at[0] = token * (params.cols / 4u);
    x_n = 1u;
    let slot = state[params.table + route[wid.y].x];
    var g = team_sum(lid, gate_dot(lid, slot));
    var u = team_sum(lid, up_dot(lid, slot));
    if (lane(lid) != 0u) {
        return;
    }
    for (var i = 0u; i < ROWS && row + i < params.rows; i++) {
        a[wid.y * params.rows + row + i] = g[i] / (1.0 + exp(-g[i])) * u[i];
    }
}
