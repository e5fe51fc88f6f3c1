// Matrix $0 in format q4 (lib/q4) for products in half precision.
#import unit_f16()
#import scale($0)
fn $0_nibbles(w: u32) -> vec4<f16> {
    return vec4<f16>(vec4<i32>((vec4<u32>(w) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u)) - vec4<i32>(8));
}
fn $0_unit(base: u32, count: u32, i: u32) -> Unit {
    let q = $0[base + i];
    return Unit(
        $0_nibbles(q.x), $0_nibbles(q.x >> 16u), $0_nibbles(q.y), $0_nibbles(q.y >> 16u),
        $0_nibbles(q.z), $0_nibbles(q.z >> 16u), $0_nibbles(q.w), $0_nibbles(q.w >> 16u),
        $0_scale(base + count, i));
}
