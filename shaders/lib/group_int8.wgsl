// Group of signed bytes for dot4I8Packed: 32 columns of one row, unscaled, in the order in
// which pack_x packs activations.
struct Group {
    a: vec4<u32>,
    b: vec4<u32>,
    scale: f32,
}
