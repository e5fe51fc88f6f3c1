// Matrix $0 in format q8 (lib/q8) for products in half precision. The bytes are taken as
// fractions of 128, so that their products stay in the range of f16.
#import group_f16()
#import group_scale($0)
fn $0_bytes(w: u32) -> vec4<f16> {
    return vec4<f16>(vec4<f32>(vec4<i32>(vec4<u32>(w) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u)) / 128.0);
}
fn $0_group(base: u32, count: u32, i: u32) -> Group {
    let p = base + i * 2u;
    let u = $0[p];
    let v = $0[p + 1u];
    return Group(
        mat4x4<f16>($0_bytes(u.x), $0_bytes(u.y), $0_bytes(u.z), $0_bytes(u.w)),
        mat4x4<f16>($0_bytes(v.x), $0_bytes(v.y), $0_bytes(v.z), $0_bytes(v.w)),
        128.0 * $0_scale(base + count * 2u, i));
}
