// Matrix $0 in format f32: row-major float32.
#import group()
fn $0_group(base: u32, count: u32, i: u32) -> Group {
    let p = base + i * 8u;
    return Group(
        mat4x4<f32>(bitcast<vec4<f32>>($0[p]), bitcast<vec4<f32>>($0[p + 1u]),
                    bitcast<vec4<f32>>($0[p + 2u]), bitcast<vec4<f32>>($0[p + 3u])),
        mat4x4<f32>(bitcast<vec4<f32>>($0[p + 4u]), bitcast<vec4<f32>>($0[p + 5u]),
                    bitcast<vec4<f32>>($0[p + 6u]), bitcast<vec4<f32>>($0[p + 7u])),
        1.0);
}
