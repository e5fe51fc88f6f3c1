// copy: y = x. It measures the memory bandwidth that all other kernels are held against.
// x u32[4·quads] · y u32[4·quads]
// Dispatch (ceil(quads/WG/STEPS), 1, 1).
@group(0) @binding(0) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;
struct Params {
    quads: u32,
}
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    for (var step = 0u; step < STEPS; step++) {
        let i = (wid.x * STEPS + step) * WG + lid;
        if (i < params.quads) {
            y[i] = x[i];
        }
    }
}
