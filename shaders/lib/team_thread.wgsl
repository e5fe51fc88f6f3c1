// The team of one: every thread has a block of its own. For CPU adapters, whose barriers are dear.
#import block()
const LANES: u32 = 1u;
fn lane(lid: u32) -> u32 {
    return 0u;
}
fn first_row(workgroup: u32, lid: u32) -> u32 {
    return (workgroup * WG + lid) * ROWS;
}
fn first_token(lid: u32) -> u32 {
    return 0u;
}
fn team_sum(lid: u32, part: array<f32, BLOCK>) -> array<f32, BLOCK> {
    return part;
}
