// Matrix $0 in format q4: row-major nibbles, then one binary16 scale for 32 columns.
#import unit()
#import scale($0)
#import nibbles4()
fn $0_unit(base: u32, count: u32, i: u32) -> Unit {
    let q = $0[base + i];
    return Unit(
        nibbles4(q.x), nibbles4(q.x >> 16u), nibbles4(q.y), nibbles4(q.y >> 16u),
        nibbles4(q.z), nibbles4(q.z >> 16u), nibbles4(q.w), nibbles4(q.w >> 16u),
        $0_scale(base + count, i));
}
