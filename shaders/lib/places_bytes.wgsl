// Four int8 where they lie in a word, for the reason of lib/places_nibbles.
const PLACES0: vec4<f32> = vec4<f32>(1.0, 0.00390625, 0.0000152587890625, 0.000000059604644775390625);
const PLACES1: vec4<f32> = PLACES0;
const PLACES2: vec4<f32> = PLACES0;
const PLACES3: vec4<f32> = PLACES0;
fn placed4(w: u32) -> vec4<f32> {
    // Plus 128, but for the last, which is signed as it is.
    let n = vec4<u32>(w ^ 0x808080u) & vec4<u32>(0xffu, 0xff00u, 0xff0000u, 0xff000000u);
    return vec4<f32>(vec4<i32>(n) - vec4<i32>(0x80, 0x8000, 0x800000, 0));
}
