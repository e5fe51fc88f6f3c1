// TEAM threads share a block: each has every TEAMth group of columns, so that they read
// neighbouring weights, and their sums meet in workgroup memory. TEAM is a power of two.
#import block()
const LANES: u32 = TEAM;
const PARTS: u32 = WG * BLOCK; // naga takes a name here, no expression
var<workgroup> sh_part: array<f32, PARTS>;

fn lane(lid: u32) -> u32 {
    return lid % TEAM;
}
fn first_row(workgroup: u32, lid: u32) -> u32 {
    return (workgroup * (WG / TEAM) + lid / TEAM) * ROWS;
}
fn first_token(lid: u32) -> u32 {
    return 0u;
}
// The sums of the team in its lane 0.
fn team_sum(lid: u32, part: array<f32, BLOCK>) -> array<f32, BLOCK> {
    var sum = part;
    workgroupBarrier(); // the readers of an earlier sum are done
    for (var i = 0u; i < BLOCK; i++) {
        sh_part[i * WG + lid] = sum[i];
    }
    for (var half = TEAM / 2u; half > 0u; half = half >> 1u) {
        workgroupBarrier();
        if (lane(lid) < half) {
            for (var i = 0u; i < BLOCK; i++) {
                sum[i] += sh_part[i * WG + lid + half];
                sh_part[i * WG + lid] = sum[i];
            }
        }
    }
    return sum;
}
