// dot_f32 for a workgroup that is one subgroup whose threads have rows of their own and the
// same vectors: each loads its share of the activations, and hears of the others' by
// broadcasts, which CPU adapters do faster than loads. Vectors beyond x_n are multiplied too,
// as what is broadcast may not stand in a branch.
enable subgroups;
#import TEAM()
fn $0_dot(lid: u32, cols: u32) -> array<f32, BLOCK> {
    let units = units_of(cols);
    let me = subgroupExclusiveAdd(1u);
    #unroll i ROWS
    let from$i = row_at[$i] * units;
    #unroll t TILE
    var acc$i_$t = 0.0;
    #end
    #end
    for (var u = 0u; u < units; u++) {
        #unroll i ROWS
        let m$i = $0_load(from$i + u);
        #end
        #unroll t TILE
        {
            let p = x_at[$t] + u * QUADS;
            var mine: array<vec4<f32>, SHARE>;
            #unroll j SHARE
            mine[$j] = x[p + min($ju * WG + me, QUADS - 1u)];
            #end
            #unroll k QUADS
            let x$k = subgroupBroadcast(mine[$ku / WG], $ku % WG) * PLACES$k;
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
