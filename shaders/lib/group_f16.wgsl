// Group in half precision: 32 columns of one row, unscaled.
enable f16;
struct Group {
    a: mat4x4<f16>, // columns 0 to 15
    b: mat4x4<f16>, // columns 16 to 31
    scale: f32,
}
