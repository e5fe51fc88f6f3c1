// Matrix $0 in format q4: row-major nibbles, then one binary16 scale for 32 columns.
#import unit()
#import scale($0)
#import places_nibbles()
fn $0_unit(base: u32, count: u32, i: u32) -> Unit {
    let q = $0[base + i];
    return Unit(
        low4(q.x), high4(q.x), low4(q.y), high4(q.y),
        low4(q.z), high4(q.z), low4(q.w), high4(q.w),
        $0_scale(base + count, i));
}
