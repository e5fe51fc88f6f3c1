// qkv writes keys and values into a cache of binary16, see kv_f16.
alias KVWord = u32;
fn kv_row(pos: u32, t: u32) -> u32 {
    return pos;
}
fn k_write(row: u32, i: u32, both: vec2<f32>) {
    k[row * (params.head_dim / 2u) + i] = pack2x16float(both);
}
fn v_write(row: u32, i: u32, both: vec2<f32>) {
    v[row * (params.head_dim / 2u) + i] = pack2x16float(both);
}
