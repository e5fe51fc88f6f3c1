// $0_dot (lib/dot_f32) with products and sums of four in half precision.
enable f16;
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
            #unroll k QUADS
            let x$k = vec4<f16>(x[p + $ku]);
            #end
            #unroll i ROWS
            var s$i = 0.0;
            #end
            #unroll k QUADS
            #unroll i ROWS
            s$i += f32(dot(m$i.v$k, x$k));
            #end
            #end
            #unroll i ROWS
            acc$i_$t += m$i.scale * s$i;
            #end
        }
        #end
    }
    #import sums($0)
}
