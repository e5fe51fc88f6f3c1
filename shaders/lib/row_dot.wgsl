// $0_dot: one row of matrix $0 times TILE activation vectors, read from x (f32, as
// vec4) at the vec4 offsets x_at. base is the matrix's offset in units of 16 bytes.
// The sum runs group by group in column order, whatever TILE is.
#import WEIGHTS($0)
fn $0_dot(base: u32, rows: u32, cols: u32, row: u32) -> array<f32, TILE> {
    var acc: array<f32, TILE>;
    let groups = cols / 32u;
    for (var g = 0u; g < groups; g++) {
        let m = $0_group(base, rows * groups, row * groups + g);
        for (var t = 0u; t < TILE; t++) {
            let p = x_at[t] + g * 8u;
            let low = dot(m.a[0], x[p]) + dot(m.a[1], x[p + 1u]) + dot(m.a[2], x[p + 2u]) + dot(m.a[3], x[p + 3u]);
            let high = dot(m.b[0], x[p + 4u]) + dot(m.b[1], x[p + 5u]) + dot(m.b[2], x[p + 6u]) + dot(m.b[3], x[p + 7u]);
            acc[t] += m.scale * (low + high);
        }
    }
    return acc;
}
