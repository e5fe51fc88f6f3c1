// $0_dot for a workgroup with a tile (team_tiled), 32 columns at a time.
#import TEAM()
fn $0_dot(lid: u32, cols: u32) -> array<f32, BLOCK> {
    let units = units_of(cols);
    share_places(lid);
    let my_row = sh_row_at[lid] * units;
    #unroll i ROWS
    #unroll t TILE
    var acc$i_$t = 0.0;
    #end
    #end
    let from_w = lid / TEAM * ROWS * ROW_PITCH;
    let from_x = first_token(lid) * 8u;
    for (var u = 0u; u < units; u += STEPS) {
        for (var j = 0u; j < STEPS; j++) {
            let m = $0_load(my_row + u + j);
            let to = lid * ROW_PITCH + j * QUADS;
            #unroll k QUADS
            sh_w[to + $ku] = m.scale * PLACES$k * m.v$k;
            #end
        }
        for (var i = lid; i < TILE_X; i += WG) {
            sh_x[i] = x[sh_x_at[i / 8u] + u * QUADS + i % 8u];
        }
        workgroupBarrier();
        for (var k = 0u; k < 8u; k++) {
            #unroll t TILE
            let x$t = sh_x[from_x + $tu * 8u + k];
            #end
            #unroll i ROWS
            let w$i = sh_w[from_w + $iu * ROW_PITCH + k];
            #unroll t TILE
            acc$i_$t += dot(w$i, x$t);
            #end
            #end
        }
        workgroupBarrier();
    }
    #import sums($0)
}
