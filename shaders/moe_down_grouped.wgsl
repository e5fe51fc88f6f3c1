// moe_down_grouped: moe_down for a chunk of tokens, before the weighted sum:
// y[entry] = W2[e] · x[entry], entry = token·TOP_K + choice.
// x f32[n, TOP_K, cols] · plan (lib/plan) · down WEIGHTS[slots, rows, cols]
// y f32[n, TOP_K, rows]
// Dispatch (ceil(rows / rows of a workgroup), MAX_TILES); tiles that the plan does not have return.
#import BANKS(down)
#import plan()

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> plan: array<u32>;
@group(0) @binding(2) var<storage, read> down_a: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> down_b: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
struct Params {
    rows: u32,
    cols: u32,
    per_bank: u32,
    stride: u32,
}
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    if (wid.y >= plan[0]) {
        return;
    }
    let row = first_row(wid.x, lid);
    let tile = 4u + 4u * wid.y;
    let here = first_token(lid);
    let order = ORDER + plan[tile + 1u] + here;
    let count = plan[tile + 2u];
    x_n = min(TILE, count - min(count, here));
    for (var t = 0u; t < TILE; t++) {
        x_at[t] = plan[order + min(here + t, count - 1u) - here] * (params.cols / 4u);
    }
    for (var i = 0u; i < ROWS; i++) {
        row_at[i] = min(row + i, params.rows - 1u);
    }
    var d = team_sum(lid, down_dot(lid, plan[tile]));
    if (lane(lid) != 0u) {
        return;
    }
    for (var i = 0u; i < ROWS && row + i < params.rows; i++) {
        for (var t = 0u; t < x_n; t++) {
            y[plan[order + t] * params.rows + row + i] = d[i * TILE + t];
        }
    }
}
