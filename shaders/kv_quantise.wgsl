// kv_quantise: writes the pass's keys and values into a KV cache of int8, see lib/kv_q8.
// new_k, new_v f32[n, nKVHeads, HEAD_DIM], from qkv · state
// k, v q8[context, nKVHeads, HEAD_DIM], at the tokens' positions
// Dispatch (ceil(nKVHeads·ceil(HEAD_DIM/32)/WG), n): a thread has the key's and the value's
// numbers of one scale.
#import state()

@group(0) @binding(0) var<storage, read> new_k: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> new_v: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> k: array<u32>;
@group(0) @binding(4) var<storage, read_write> v: array<u32>;
struct Params {
    n_kv_heads: u32,
    scales: u32, // where they begin in k, in two words
}
@group(0) @binding(5) var<uniform> params: Params;

const UNITS: u32 = HEAD_DIM / 8u;
const GROUPS: u32 = (UNITS + 3u) / 4u;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let t = id.y;
    if (id.x >= params.n_kv_heads * GROUPS || t >= state[STATE_N]) {
        return;
    }
    let head = id.x / GROUPS;
    let first = id.x % GROUPS * 4u;
    let end = min(first + 4u, UNITS);
    let from_row = (t * params.n_kv_heads + head) * 2u * UNITS;
    let row = (state[STATE_POS] + t) * params.n_kv_heads + head;
    var most_k = vec4<f32>(0.0);
    var most_v = vec4<f32>(0.0);
    for (var i = first; i < end; i++) {
        let p = from_row + i;
        most_k = max(most_k, max(abs(new_k[p]), abs(new_k[p + UNITS])));
        most_v = max(most_v, max(abs(new_v[p]), abs(new_v[p + UNITS])));
    }
    let both = pack2x16float(vec2<f32>(largest(most_k), largest(most_v)) / 127.0);
    k[2u * params.scales + row * GROUPS + id.x % GROUPS] = both;
    let scales = unpack2x16float(both); // as they will be read
    for (var i = first; i < end; i++) {
        let p = from_row + i;
        let at = 2u * (row * UNITS + i);
        k[at] = bytes_of(new_k[p], scales.x);
        k[at + 1u] = bytes_of(new_k[p + UNITS], scales.x);
        v[at] = bytes_of(new_v[p], scales.y);
        v[at + 1u] = bytes_of(new_v[p + UNITS], scales.y);
    }
}

fn largest(x: vec4<f32>) -> f32 {
    return max(max(x.x, x.y), max(x.z, x.w));
}

// bytes_of is x in steps of scale, four signed bytes.
fn bytes_of(x: vec4<f32>, scale: f32) -> u32 {
    if (scale == 0.0) {
        return 0u;
    }
    let n = vec4<u32>(vec4<i32>(clamp(round(x / scale), vec4<f32>(-127.0), vec4<f32>(127.0)))) & vec4<u32>(255u);
    return n.x | (n.y << 8u) | (n.z << 16u) | (n.w << 24u);
}
