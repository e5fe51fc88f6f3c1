// Matrix $0 in format q8 (lib/q8) for products in half precision. The bytes are taken as
// fractions of 128, so that their products stay in the range of f16.
#import unit_f16()
#import scale($0)
#import bytes4()
fn $0_unit(base: u32, count: u32, i: u32) -> Unit {
    let q = $0[base + i];
    return Unit(
        vec4<f16>(bytes4(q.x) / 128.0), vec4<f16>(bytes4(q.y) / 128.0), vec4<f16>(bytes4(q.z) / 128.0), vec4<f16>(bytes4(q.w) / 128.0),
        128.0 * $0_scale(base + count, i >> 1u));
}
