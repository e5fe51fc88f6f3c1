// Eight numbers of a head: dimensions 4i to 4i+3, and those half a head further on. RoPE rotates
// these halves together, so that a thread of qkv has both and can pack them into one word.
struct Eight {
    a: vec4<f32>,
    b: vec4<f32>,
}
