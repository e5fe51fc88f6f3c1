// $0_dot (lib/dot_f32) with integer products: activations are rounded to signed bytes, 32
// columns with one scale.
#import TEAM()
fn $0_dot(lid: u32, cols: u32) -> array<f32, BLOCK> {
    let groups = cols / 32u;
    #unroll i ROWS
    let from$i = row_at[$i] * groups;
    #unroll t TILE
    var acc$i_$t = 0.0;
    #end
    #end
    for (var g = lane(lid); g < groups; g += LANES) {
        #unroll i ROWS
        let m$i = $0_load(from$i + g);
        #end
        #unroll t TILE
        if ($tu < x_n) {
            let p = x_at[$t] + g * 8u;
            let x0 = x[p];
            let x1 = x[p + 1u];
            let x2 = x[p + 2u];
            let x3 = x[p + 3u];
            let x4 = x[p + 4u];
            let x5 = x[p + 5u];
            let x6 = x[p + 6u];
            let x7 = x[p + 7u];
            let peaks = max(max(max(abs(x0), abs(x1)), max(abs(x2), abs(x3))), max(max(abs(x4), abs(x5)), max(abs(x6), abs(x7))));
            let peak = max(max(peaks.x, peaks.y), max(peaks.z, peaks.w));
            let unit = select(0.0, 127.0 / peak, peak > 0.0);
            let a01 = pack_x(vec4<i32>(round(x0 * unit)), vec4<i32>(round(x1 * unit)));
            let a23 = pack_x(vec4<i32>(round(x2 * unit)), vec4<i32>(round(x3 * unit)));
            let b01 = pack_x(vec4<i32>(round(x4 * unit)), vec4<i32>(round(x5 * unit)));
            let b23 = pack_x(vec4<i32>(round(x6 * unit)), vec4<i32>(round(x7 * unit)));
            let ones = 0x01010101u;
            let above = OFFSET * (
                dot4I8Packed(a01.x, ones) + dot4I8Packed(a01.y, ones) + dot4I8Packed(a23.x, ones) + dot4I8Packed(a23.y, ones) +
                dot4I8Packed(b01.x, ones) + dot4I8Packed(b01.y, ones) + dot4I8Packed(b23.x, ones) + dot4I8Packed(b23.y, ones));
            let scale = peak / 127.0;
            #unroll i ROWS
            let s$i = dot4I8Packed(m$i.a.x, a01.x) + dot4I8Packed(m$i.a.y, a01.y) + dot4I8Packed(m$i.a.z, a23.x) + dot4I8Packed(m$i.a.w, a23.y) +
                dot4I8Packed(m$i.b.x, b01.x) + dot4I8Packed(m$i.b.y, b01.y) + dot4I8Packed(m$i.b.z, b23.x) + dot4I8Packed(m$i.b.w, b23.y);
            acc$i_$t += m$i.scale * scale * f32(s$i - above);
            #end
        }
        #end
    }
    var acc: array<f32, BLOCK>;
    #unroll i ROWS
    #unroll t TILE
    acc[$i * TILE + $t] = acc$i_$t;
    #end
    #end
    return acc;
}
