// Matrix $0 in format q8 (lib/q8) for integer products.
#import unit_int8()
#import scale($0)
#import pack_in_order()
fn $0_unit(base: u32, count: u32, i: u32) -> Unit {
    let q = $0[base + i];
    return Unit(q.x, q.y, q.z, q.w, $0_scale(base + count, i >> 1u));
}
