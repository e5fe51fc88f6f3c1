// $0_dot: the thread's part of a block of products of matrix $0, element i · TILE + t for row
// i and vector t. $0_load(i) gives the matrix's unit i. Activations are read from x (f32, as
// vec4) once for all rows. A sum runs unit by unit in column order, whatever ROWS and TILE
// are.
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
            let x$k = x[p + $ku] * PLACES$k;
            #end
            #unroll i ROWS
            var s$i = dot(m$i.v0, x0);
            #end
            #unroll k 1 QUADS
            #unroll i ROWS
            s$i += dot(m$i.v$k, x$k);
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
