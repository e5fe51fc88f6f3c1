// moe_gate_up: one token's chosen experts, first half:
// a[i] = silu(W1[e_i] · x) ⊙ (W3[e_i] · x), e_i = route[i].
// x f32[cols] · route (expert, weight)[TOP_K] · gate, up WEIGHTS[slots, rows, cols] · state
// a f32[TOP_K, rows]
// Dispatch (ceil(rows/WG/ROWS), TOP_K). TILE is 1. Prefill's sibling is moe_gate_up_grouped.
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
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x * ROWS;
    if (row >= params.rows || state[STATE_N] == 0u) {
        return;
    }
    for (var i = 0u; i < ROWS; i++) {
        row_at[i] = min(row + i, params.rows - 1u);
    }
    x_n = 1u;
    slot = state[params.table + route[id.y].x];
    var g = gate_dot();
    var u = up_dot();
    for (var i = 0u; i < ROWS && row + i < params.rows; i++) {
        a[id.y * params.rows + row + i] = g[i] / (1.0 + exp(-g[i])) * u[i];
    }
}
