// Matrix $0 in format q8: row-major int8, then one binary16 scale for 32 columns.
#import group()
#import group_scale($0)
#import bytes4()
fn $0_group(base: u32, count: u32, i: u32) -> Group {
    let p = base + i * 2u;
    let u = $0[p];
    let v = $0[p + 1u];
    return Group(
        mat4x4<f32>(bytes4(u.x), bytes4(u.y), bytes4(u.z), bytes4(u.w)),
        mat4x4<f32>(bytes4(v.x), bytes4(v.y), bytes4(v.z), bytes4(v.w)),
        $0_scale(base + count * 2u, i));
}
