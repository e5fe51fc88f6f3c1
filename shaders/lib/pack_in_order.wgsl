// Eight activations as signed bytes, in two words.
const OFFSET: i32 = 0; // of the weights' bytes
fn pack_x(x: vec4<i32>, y: vec4<i32>) -> vec2<u32> {
    return vec2<u32>(pack4xI8(x), pack4xI8(y));
}
