// moe_down_grouped: moe_down for a chunk of tokens, before the weighted sum:
// y[entry] = W2[e] · x[entry], entry = token·TOP_K + choice.
// x f32[n, TOP_K, cols] · plan (lib/plan) · down WEIGHTS[slots, rows, cols]
// y f32[n, TOP_K, rows]
// Dispatch (ceil(rows/WG/ROWS), MAX_TILES); tiles that the plan does not have return.
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
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x * ROWS;
    if (row >= params.rows || id.y >= plan[0]) {
        return;
    }
    let tile = 4u + 4u * id.y;
    let order = ORDER + plan[tile + 1u];
    x_n = plan[tile + 2u];
    for (var t = 0u; t < x_n; t++) {
        x_at[t] = plan[order + t] * (params.cols / 4u);
    }
    for (var i = 0u; i < ROWS; i++) {
        row_at[i] = min(row + i, params.rows - 1u);
    }
    slot = plan[tile];
    var d = down_dot();
    for (var i = 0u; i < ROWS && row + i < params.rows; i++) {
        for (var t = 0u; t < x_n; t++) {
            y[plan[order + t] * params.rows + row + i] = d[i * TILE + t];
        }
    }
}
