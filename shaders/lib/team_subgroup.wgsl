// team_shared for adapters whose subgroups all have the same size: a workgroup is one
// subgroup and one team, and no memory or barrier is between its threads.
enable subgroups;
#import block()
const LANES: u32 = WG;
fn lane(lid: u32) -> u32 {
    return lid;
}
fn first_row(workgroup: u32, lid: u32) -> u32 {
    return workgroup * ROWS;
}
fn first_token(lid: u32) -> u32 {
    return 0u;
}
fn team_sum(lid: u32, part: array<f32, BLOCK>) -> array<f32, BLOCK> {
    var sum = part;
    for (var i = 0u; i < BLOCK; i++) {
        sum[i] = subgroupAdd(sum[i]);
    }
    return sum;
}
