// matmul: y[t, y_offset + r] = W[r] · x[t], plus what y held where add is not 0.
// x f32[n, cols] · state · w WEIGHTS[rows, cols]
// y f32[n, y_stride]
// Dispatch (ceil(rows / rows of a workgroup), ceil(n/TOKENS)). At most max_tokens tokens are done.
#import WEIGHTS(w)
#import DOT(w)
#import state()

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
struct Params {
    rows: u32,
    cols: u32,
    y_stride: u32,
    y_offset: u32,
    max_tokens: u32,
    add: u32,
}
@group(0) @binding(4) var<uniform> params: Params;

fn w_load(i: u32) -> Unit {
    return w_unit(0u, params.rows * (params.cols / COLUMNS), i);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let n = min(state[STATE_N], params.max_tokens);
    if (wid.y * TOKENS >= n) {
        return;
    }
    let row = first_row(wid.x, lid);
    let first = wid.y * TOKENS + first_token(lid);
    x_n = min(TILE, n - min(n, first));
    for (var t = 0u; t < TILE; t++) {
        x_at[t] = min(first + t, n - 1u) * (params.cols / 4u);
    }
    for (var i = 0u; i < ROWS; i++) {
        row_at[i] = min(row + i, params.rows - 1u);
    }
    var acc = team_sum(lid, w_dot(lid, params.cols));
    if (lane(lid) != 0u) {
        return;
    }
    for (var i = 0u; i < ROWS && row + i < params.rows; i++) {
        for (var t = 0u; t < x_n; t++) {
            let p = (first + t) * params.y_stride + params.y_offset + row + i;
            y[p] = acc[i * TILE + t] + select(0.0, y[p], params.add != 0u); // no branch: see units_of
        }
    }
}
