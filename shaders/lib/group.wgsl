// A group is 32 columns of one row of a weight matrix, unscaled.
struct Group {
    a: mat4x4<f32>, // columns 0 to 15
    b: mat4x4<f32>, // columns 16 to 31
    scale: f32,
}
