// Matrix $0 in format q8 (lib/q8) for integer products.
#import group_int8()
#import group_scale($0)
#import pack_in_order()
fn $0_group(base: u32, count: u32, i: u32) -> Group {
    let p = base + i * 2u;
    return Group($0[p], $0[p + 1u], $0_scale(base + count * 2u, i));
}
