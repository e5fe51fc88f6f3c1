// Eight activations as signed bytes, in two words: the even ones, then the odd ones.
const OFFSET: i32 = 8; // of the weights' bytes
fn pack_x(x: vec4<i32>, y: vec4<i32>) -> vec2<u32> {
    return vec2<u32>(pack4xI8(vec4<i32>(x.x, x.z, y.x, y.z)), pack4xI8(vec4<i32>(x.y, x.w, y.y, y.w)));
}
