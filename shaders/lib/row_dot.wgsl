// $0_dot: one row of matrix $0 times TILE activation vectors, read from x (f32, as
// vec4) at the vec4 offsets x_at. base is the matrix's offset in units of 16 bytes.
// The sum runs group by group in column order, whatever TILE is.
#import WEIGHTS($0)
#import group_dot()
fn $0_dot(base: u32, rows: u32, cols: u32, row: u32) -> array<f32, TILE> {
    var acc: array<f32, TILE>;
    let groups = cols / 32u;
    for (var g = 0u; g < groups; g++) {
        let m = $0_group(base, rows * groups, row * groups + g);
        for (var t = 0u; t < TILE; t++) {
            acc[t] += group_dot(m, x_at[t] + g * 8u);
        }
    }
    return acc;
}
