// fma: y[i] = Σ over 16 chains c of what x[i] + c becomes by STEPS times v = a·v + b.
// It measures the arithmetic that kernels with little memory to read are held against.
// x f32[n] · y f32[n]
// Dispatch (ceil(n/WG), 1, 1). The chains are independent, so that none waits for the other.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
struct Params {
    n: u32,
    a: f32,
    b: f32,
}
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.n) {
        return;
    }
    let a = params.a;
    let b = params.b;
    var v0 = vec4(0.0, 1.0, 2.0, 3.0) + x[id.x];
    var v1 = v0 + 4.0;
    var v2 = v0 + 8.0;
    var v3 = v0 + 12.0;
    for (var step = 0u; step < STEPS; step += 4u) {
        v0 = v0 * a + b;
        v1 = v1 * a + b;
        v2 = v2 * a + b;
        v3 = v3 * a + b;
        v0 = v0 * a + b;
        v1 = v1 * a + b;
        v2 = v2 * a + b;
        v3 = v3 * a + b;
        v0 = v0 * a + b;
        v1 = v1 * a + b;
        v2 = v2 * a + b;
        v3 = v3 * a + b;
        v0 = v0 * a + b;
        v1 = v1 * a + b;
        v2 = v2 * a + b;
        v3 = v3 * a + b;
    }
    y[id.x] = dot((v0 + v1) + (v2 + v3), vec4(1.0));
}
