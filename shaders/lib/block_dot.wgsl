// $0_dot: a block of products of matrix $0, element i · TILE + t for row i and vector t.
// $0_load(i) gives the matrix's group i. Activations are read from x (f32, as vec4) once
// for all rows. A sum runs group by group in column order, whatever ROWS and TILE are.
#import block()
#import group()
fn $0_dot(cols: u32) -> array<f32, BLOCK> {
    var acc: array<f32, BLOCK>;
    let groups = cols / 32u;
    let vectors = select(x_n, 1u, TILE == 1u); // a constant when decoding
    for (var g = 0u; g < groups; g++) {
        var m: array<Group, ROWS>;
        for (var i = 0u; i < ROWS; i++) {
            m[i] = $0_load(row_at[i] * groups + g);
        }
        for (var t = 0u; t < vectors; t++) {
            let p = x_at[t] + g * 8u;
            let xa = mat4x4<f32>(x[p], x[p + 1u], x[p + 2u], x[p + 3u]);
            let xb = mat4x4<f32>(x[p + 4u], x[p + 5u], x[p + 6u], x[p + 7u]);
            for (var i = 0u; i < ROWS; i++) {
                let low = dot(m[i].a[0], xa[0]) + dot(m[i].a[1], xa[1]) + dot(m[i].a[2], xa[2]) + dot(m[i].a[3], xa[3]);
                let high = dot(m[i].b[0], xb[0]) + dot(m[i].b[1], xb[1]) + dot(m[i].b[2], xb[2]) + dot(m[i].b[3], xb[3]);
                acc[i * TILE + t] += m[i].scale * (low + high);
            }
        }
    }
    return acc;
}
