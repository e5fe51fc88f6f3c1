// The KV cache as int8: words 2i and 2i+1 of a row (a position's head) have dimensions 4i to
// 4i+3 and those half a head further on. Four such pairs, 32 dimensions, share a scale. Behind
// k's numbers lie the scales, a word for each: k's and v's as binary16.
#import eight()
#import bytes4()
alias KV = vec2<u32>;
fn kv_scales(row: u32, i: u32) -> vec2<f32> {
    let s = row * ((UNITS + 3u) / 4u) + i / 4u;
    let both = k[params.scales + s / 2u];
    return unpack2x16float(select(both.x, both.y, s % 2u == 1u));
}
fn k_eight(row: u32, i: u32) -> Eight {
    let w = k[row * UNITS + i];
    let scale = kv_scales(row, i).x;
    return Eight(bytes4(w.x) * scale, bytes4(w.y) * scale);
}
fn v_eight(row: u32, i: u32) -> Eight {
    let w = v[row * UNITS + i];
    let scale = kv_scales(row, i).y;
    return Eight(bytes4(w.x) * scale, bytes4(w.y) * scale);
}
