// Matrix $0 in format f16: row-major binary16.
#import group()
#import half4()
fn $0_group(base: u32, count: u32, i: u32) -> Group {
    let p = base + i * 4u;
    let s = $0[p];
    let t = $0[p + 1u];
    let u = $0[p + 2u];
    let v = $0[p + 3u];
    return Group(
        mat4x4<f32>(half4(s.x, s.y), half4(s.z, s.w), half4(t.x, t.y), half4(t.z, t.w)),
        mat4x4<f32>(half4(u.x, u.y), half4(u.z, u.w), half4(v.x, v.y), half4(v.z, v.w)),
        1.0);
}
