// The KV cache as f32[context, nKVHeads, HEAD_DIM]. A row is a position's head.
#import eight()
alias KV = vec4<f32>;
fn k_eight(row: u32, i: u32) -> Eight {
    let p = row * 2u * UNITS + i;
    return Eight(k[p], k[p + UNITS]);
}
fn v_eight(row: u32, i: u32) -> Eight {
    let p = row * 2u * UNITS + i;
    return Eight(v[p], v[p + UNITS]);
}
