// Matrix $0 in format q8: row-major int8, then one binary16 scale for 32 columns.
#import unit()
#import scale($0)
#import places_bytes()
fn $0_unit(base: u32, count: u32, i: u32) -> Unit {
    let q = $0[base + i];
    return Unit(placed4(q.x), placed4(q.y), placed4(q.z), placed4(q.w), $0_scale(base + count, i >> 1u));
}
