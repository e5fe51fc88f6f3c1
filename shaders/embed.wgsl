// embed: x[t] = E[tokens[t]] for the tokens whose row lies in this part of E.
// tokens u32[n] · state · w WEIGHTS[rows, dim], the rows row0 … of the table
// x f32[n, dim]; tokens outside the part leave it alone.
// Dispatch (ceil(dim/32/WG), n). Requires dim % 32 == 0.
#import WEIGHTS(w)
#import state()

@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read> w: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> x: array<vec4<f32>>;
struct Params {
    dim: u32,
    rows: u32,
    row0: u32,
}
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let groups = params.dim / 32u;
    let t = id.y;
    if (id.x >= groups || t >= state[STATE_N]) {
        return;
    }
    let row = tokens[t] - params.row0; // wraps to a huge number below row0
    if (row >= params.rows) {
        return;
    }
    var m = w_group(0u, params.rows * groups, row * groups + id.x);
    let p = (t * groups + id.x) * 8u;
    for (var i = 0u; i < 4u; i++) {
        x[p + i] = m.scale * m.a[i];
        x[p + 4u + i] = m.scale * m.b[i];
    }
}
