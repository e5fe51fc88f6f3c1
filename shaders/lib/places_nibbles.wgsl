// Eight nibbles, each minus 8, as low4 and high4 take them from a word: not shifted, as
// shifts are what CPU adapters do worst, but where they lie. PLACESk brings them, or what
// they are multiplied with, to their right size.
const PLACES0: vec4<f32> = vec4<f32>(1.0, 0.0625, 0.00390625, 0.000244140625);
const PLACES1: vec4<f32> = PLACES0 / 65536.0;
const PLACES2: vec4<f32> = PLACES0;
const PLACES3: vec4<f32> = PLACES1;
const PLACES4: vec4<f32> = PLACES0;
const PLACES5: vec4<f32> = PLACES1;
const PLACES6: vec4<f32> = PLACES0;
const PLACES7: vec4<f32> = PLACES1;
fn low4(w: u32) -> vec4<f32> {
    return vec4<f32>(vec4<i32>(vec4<u32>(w) & vec4<u32>(0xfu, 0xf0u, 0xf00u, 0xf000u)) - vec4<i32>(0x8, 0x80, 0x800, 0x8000));
}
fn high4(w: u32) -> vec4<f32> {
    // The last is signed once its highest bit is turned over.
    let n = vec4<u32>(w ^ 0x80000000u) & vec4<u32>(0xf0000u, 0xf00000u, 0xf000000u, 0xf0000000u);
    return vec4<f32>(vec4<i32>(n) - vec4<i32>(0x80000, 0x800000, 0x8000000, 0));
}
