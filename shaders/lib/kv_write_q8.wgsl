// qkv leaves the pass's keys and values as f32[n, nKVHeads, headDim] for kv_quantise: no thread of
// it has the 32 dimensions that share a scale.
alias KVWord = f32;
fn kv_row(pos: u32, t: u32) -> u32 {
    return t;
}
fn k_write(row: u32, i: u32, both: vec2<f32>) {
    let p = row * params.head_dim + i;
    k[p] = both.x;
    k[p + params.head_dim / 2u] = both.y;
}
fn v_write(row: u32, i: u32, both: vec2<f32>) {
    let p = row * params.head_dim + i;
    v[p] = both.x;
    v[p + params.head_dim / 2u] = both.y;
}
