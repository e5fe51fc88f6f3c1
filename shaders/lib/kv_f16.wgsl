// The KV cache as binary16: word i of a row (a position's head) has dimensions i and
// i + HEAD_DIM/2.
#import eight()
alias KV = vec4<u32>;
fn kv_halves(w: vec4<u32>) -> Eight {
    let x = unpack2x16float(w.x);
    let y = unpack2x16float(w.y);
    let z = unpack2x16float(w.z);
    let u = unpack2x16float(w.w);
    return Eight(vec4<f32>(x.x, y.x, z.x, u.x), vec4<f32>(x.y, y.y, z.y, u.y));
}
fn k_eight(row: u32, i: u32) -> Eight {
    return kv_halves(k[row * UNITS + i]);
}
fn v_eight(row: u32, i: u32) -> Eight {
    return kv_halves(v[row * UNITS + i]);
}
