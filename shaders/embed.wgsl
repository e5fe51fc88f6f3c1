// embed: x[t] = E[tokens[t]] for the tokens whose row lies in this part of E.
// tokens u32[n] · state · w WEIGHTS[rows, dim], the rows row0 … of the table
// x f32[n, dim]; tokens outside the part leave it alone.
// Dispatch (ceil(units of a row / WG), n). Requires dim % 32 == 0.
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
    let units = params.dim / COLUMNS;
    let t = id.y;
    if (id.x >= units || t >= state[STATE_N]) {
        return;
    }
    let row = tokens[t] - params.row0; // wraps to a huge number below row0
    if (row >= params.rows) {
        return;
    }
    let m = w_unit(0u, params.rows * units, row * units + id.x);
    let p = (t * units + id.x) * QUADS;
    #unroll k QUADS
    x[p + $ku] = m.scale * PLACES$k * m.v$k;
    #end
}
