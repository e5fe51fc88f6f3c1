// The scale of group i, 32 columns, of matrix $0: binary16 numbers from vec4 base on.
fn $0_scale(base: u32, i: u32) -> f32 {
    let s = base * 4u + (i >> 1u);
    return unpack2x16float($0[s >> 2u][s & 3u] >> ((i & 1u) * 16u)).x;
}
