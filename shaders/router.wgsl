// router: RMSNorm before the experts, the router's logits, its TOP_K experts and the
// softmax over just those (ties: the lower expert).
// x f32[n, dim] · w f32[dim] · gate f32[EXPERTS, dim] · state
// h f32[n, dim] = the normalised x · route (expert u32, weight f32)[n, TOP_K]
// With trace != 0, for a pass of one token: the route goes to the state's words from trace
// on, too. With fault != 0, for a pass of one token: where one of them has no slot, the
// pass waits from here on, until the host has loaded it.
// Dispatch (n, 1, 1).
#import workgroup_sum()
#import pass_tokens()

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> gate: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> h: array<f32>;
@group(0) @binding(5) var<storage, read_write> route: array<vec2<u32>>;
struct Params {
    dim: u32,
    eps: f32,
    table: u32,
    trace: u32,
    fault: u32,
}
@group(0) @binding(6) var<uniform> params: Params;

const PARTS: u32 = WG * EXPERTS; // naga takes a name here, no expression
var<workgroup> sh_part: array<f32, PARTS>;
var<workgroup> sh_logit: array<f32, EXPERTS>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    let t = wid.x;
    if (t >= pass_tokens(lid)) {
        return;
    }
    let row = t * params.dim;
    var squares = 0.0;
    for (var i = lid; i < params.dim; i += WG) {
        let v = x[row + i];
        squares += v * v;
    }
    let inv = 1.0 / sqrt(workgroup_sum(lid, squares) / f32(params.dim) + params.eps);

    var part: array<f32, EXPERTS>;
    for (var i = lid; i < params.dim; i += WG) {
        let v = x[row + i] * inv * w[i];
        h[row + i] = v;
        for (var e = 0u; e < EXPERTS; e++) {
            part[e] += v * gate[e * params.dim + i];
        }
    }
    for (var e = 0u; e < EXPERTS; e++) {
        sh_part[lid * EXPERTS + e] = part[e];
    }
    workgroupBarrier();
    for (var e = lid; e < EXPERTS; e += WG) {
        var logit = 0.0;
        for (var i = 0u; i < WG; i++) {
            logit += sh_part[i * EXPERTS + e];
        }
        sh_logit[e] = logit;
    }
    workgroupBarrier();
    if (lid != 0u) {
        return;
    }
    var chosen: array<u32, TOP_K>;
    var weight: array<f32, TOP_K>;
    var total = 0.0;
    for (var i = 0u; i < TOP_K; i++) {
        var best = 0u;
        var peak = -3.4e38;
        for (var e = 0u; e < EXPERTS; e++) {
            var taken = false;
            for (var j = 0u; j < i; j++) {
                taken = taken || chosen[j] == e;
            }
            if (!taken && sh_logit[e] > peak) {
                best = e;
                peak = sh_logit[e];
            }
        }
        chosen[i] = best;
        weight[i] = exp(peak - sh_logit[chosen[0]]);
        total += weight[i];
    }
    var missing = false;
    for (var i = 0u; i < TOP_K; i++) {
        let choice = vec2<u32>(chosen[i], bitcast<u32>(weight[i] / total));
        route[t * TOP_K + i] = choice;
        if (params.trace != 0u) {
            state[params.trace + 2u * i] = choice.x;
            state[params.trace + 2u * i + 1u] = choice.y;
        }
        missing = missing || state[params.table + chosen[i]] == NO_SLOT;
    }
    if (params.fault != 0u && missing) {
        state[STATE_N] = 0u;
        state[STATE_FAULT] = params.fault;
    }
}
