// $0_dot (lib/dot_f32) with products and sums of four in half precision.
enable f16;
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
            let x0 = vec4<f16>(x[p]);
            let x1 = vec4<f16>(x[p + 1u]);
            let x2 = vec4<f16>(x[p + 2u]);
            let x3 = vec4<f16>(x[p + 3u]);
            let x4 = vec4<f16>(x[p + 4u]);
            let x5 = vec4<f16>(x[p + 5u]);
            let x6 = vec4<f16>(x[p + 6u]);
            let x7 = vec4<f16>(x[p + 7u]);
            #unroll i ROWS
            let s$i = vec4<f32>(vec4<f16>(dot(m$i.a[0], x0), dot(m$i.a[1], x1), dot(m$i.a[2], x2), dot(m$i.a[3], x3))) +
                vec4<f32>(vec4<f16>(dot(m$i.b[0], x4), dot(m$i.b[1], x5), dot(m$i.b[2], x6), dot(m$i.b[3], x7)));
            acc$i_$t += m$i.scale * (s$i.x + s$i.y + s$i.z + s$i.w);
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
