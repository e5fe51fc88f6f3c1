// $0_dot for a workgroup with a tile (team_tiled).
#import TEAM()
fn $0_dot(lid: u32, cols: u32) -> array<f32, BLOCK> {
    let groups = cols / 32u;
    share_places(lid);
    let my_row = sh_row_at[lid] * groups;
    #unroll i ROWS
    #unroll t TILE
    var acc$i_$t = 0.0;
    #end
    #end
    let from_w = lid / TEAM * ROWS * ROW_PITCH;
    let from_x = first_token(lid) * 8u;
    for (var g = 0u; g < groups; g++) {
        let m = $0_load(my_row + g);
        let to = lid * ROW_PITCH;
        sh_w[to] = m.scale * m.a[0];
        sh_w[to + 1u] = m.scale * m.a[1];
        sh_w[to + 2u] = m.scale * m.a[2];
        sh_w[to + 3u] = m.scale * m.a[3];
        sh_w[to + 4u] = m.scale * m.b[0];
        sh_w[to + 5u] = m.scale * m.b[1];
        sh_w[to + 6u] = m.scale * m.b[2];
        sh_w[to + 7u] = m.scale * m.b[3];
        for (var i = lid; i < TILE_X; i += WG) {
            sh_x[i] = x[sh_x_at[i / 8u] + g * 8u + i % 8u];
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
    var acc: array<f32, BLOCK>;
    #unroll i ROWS
    #unroll t TILE
    acc[$i * TILE + $t] = acc$i_$t;
    #end
    #end
    return acc;
}
