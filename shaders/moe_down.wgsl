// moe_down: a few tokens' chosen experts, second half, each token's by themselves:
// y[t] += Σ_i weight_i · (W2[e_i] · x[t, i]), (e_i, weight_i) = route[t, i].
// x f32[n, TOP_K, cols] · route (expert, weight)[n, TOP_K] · down WEIGHTS[slots, rows, cols] · state
// y f32[n, rows], the residual stream
// Dispatch (ceil(rows / rows of a workgroup), n). A chain of fma from y on, as in moe_combine: what
// a compiler may not reorder gives the same bits in both. TILE is 1. Prefill's sibling is moe_down_grouped.
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
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let token = wid.y;
    if (token >= state[STATE_N]) {
        return;
    }
    let row = first_row(wid.x, lid);
    for (var i = 0u; i < ROWS; i++) {
        row_at[i] = min(row + i, params.rows - 1u);
    }
    x_n = 1u;
    #unroll i ROWS
    var sum$i = y[token * params.rows + row_at[$i]];
    #end
    for (var j = 0u; j < TOP_K; j++) {
        let entry = token * TOP_K + j;
        x_at[0] = entry * (params.cols / 4u);
        let d = team_sum(lid, down_dot(lid, state[params.table + route[entry].x]));
        #unroll i ROWS
        sum$i = fma(bitcast<f32>(route[entry].y), d[$i], sum$i); // as moe_combine does
        #end
    }
    if (lane(lid) != 0u) {
        return;
    }
    #unroll i ROWS
    if (row + $iu < params.rows) {
        y[token * params.rows + row + $iu] = sum$i;
    }
    #end
}
