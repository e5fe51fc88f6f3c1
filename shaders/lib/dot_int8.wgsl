// $0_dot (lib/dot_f32) with integer products: activations are rounded to signed bytes, those
// of a unit with one scale.
#import TEAM()
fn $0_dot(lid: u32, cols: u32) -> array<f32, BLOCK> {
    let units = units_of(cols);
    #unroll i ROWS
    let from$i = row_at[$i] * units;
    #unroll t TILE
    var acc$i_$t = 0.0;
    #end
    #end
    for (var u = lane(lid); u < units; u += LANES) {
        #unroll i ROWS
        let m$i = $0_load(from$i + u);
        #end
        #unroll t TILE
        if ($tu < x_n) {
            let p = x_at[$t] + u * QUADS;
            var peaks = vec4<f32>(0.0);
            #unroll j BYTE_PAIRS
            let xa$j = x[p + 2u * $ju];
            let xb$j = x[p + 2u * $ju + 1u];
            peaks = max(peaks, max(abs(xa$j), abs(xb$j)));
            #end
            let peak = max(max(peaks.x, peaks.y), max(peaks.z, peaks.w));
            let steps = select(0.0, 127.0 / peak, peak > 0.0);
            var above = 0;
            #unroll i ROWS
            var s$i = 0;
            #end
            #unroll j BYTE_PAIRS
            {
                let bytes = pack_x(vec4<i32>(round(xa$j * steps)), vec4<i32>(round(xb$j * steps)));
                above += OFFSET * (dot4I8Packed(bytes.x, 0x01010101u) + dot4I8Packed(bytes.y, 0x01010101u));
                #unroll i ROWS
                s$i += dot4I8Packed(m$i.a$j, bytes.x) + dot4I8Packed(m$i.b$j, bytes.y);
                #end
            }
            #end
            #unroll i ROWS
            acc$i_$t += m$i.scale * (peak / 127.0) * f32(s$i - above);
            #end
        }
        #end
    }
    #import sums($0)
}
