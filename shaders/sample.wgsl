// sample: the next token, from a row of logits; then the state moves on.
// Penalties, then temperature, then top-k, top-p and min-p, each over what is left;
// then the token at which the cumulated weight, in vocabulary order, passes random01.
// Temperature 0 is greedy: the largest logit, the lowest index among equals.
// Tokens tied with the last that top-k or top-p admits are admitted too.
//
// logits f32[row + 1 …, vocab] · sampling, the words below
// counts u32[vocab] = how often each token was sampled · tokens u32[1 …], the next
// pass's first · state · out u32[RING], token number step at step % RING
// A pass that waits gives no token. With draft = 1, tokens from 1 on are a draft, and row r of
// them gives a token only if the row before gave tokens[r].
// Dispatch (1, 1, 1).
#import state()
#import random()

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> sampling: array<u32>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;
@group(0) @binding(3) var<storage, read_write> tokens: array<u32>;
@group(0) @binding(4) var<storage, read_write> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<u32>;
struct Params {
    vocab: u32,
    row: u32,
    draft: u32,
}
@group(0) @binding(6) var<uniform> params: Params;

// Words of sampling.
const TEMPERATURE: u32 = 0u;
const TOP_K: u32 = 1u; // 0: all
const TOP_P: u32 = 2u;
const MIN_P: u32 = 3u;
const FREQUENCY: u32 = 4u;
const PRESENCE: u32 = 5u;
const SEED_LOW: u32 = 6u;
const SEED_HIGH: u32 = 7u;
const REPETITION: u32 = 8u;

var<workgroup> sh_value: array<f32, WG>;
var<workgroup> sh_index: array<u32, WG>;
var<workgroup> sh_runs: u32;

// Whether there is a token to sample; the same in all threads, as the compiler sees.
fn runs(lid: u32) -> bool {
    if (lid == 0u) {
        let follows = state[STATE_ROWS] == params.row && state[STATE_TOKEN] == tokens[params.row];
        sh_runs = select(0u, 1u, state[STATE_N] != 0u && (params.row == 0u || follows));
    }
    return workgroupUniformLoad(&sh_runs) != 0u;
}

fn setting(i: u32) -> f32 {
    return bitcast<f32>(sampling[i]);
}

// The logit of token i after penalties and temperature.
fn scaled(i: u32) -> f32 {
    var v = logits[params.row * params.vocab + i];
    let c = f32(counts[i]);
    if (c > 0.0) {
        let repetition = setting(REPETITION);
        if (repetition != 1.0) {
            v = select(v * repetition, v / repetition, v > 0.0);
        }
        v = v - setting(FREQUENCY) * c - setting(PRESENCE);
    }
    let temperature = setting(TEMPERATURE);
    return select(v / temperature, v, temperature == 0.0);
}

// The bits of a float, in an order in which larger floats are larger integers.
fn ordered(v: f32) -> u32 {
    let b = bitcast<u32>(v);
    return select(b | 0x80000000u, ~b, (b & 0x80000000u) != 0u);
}

// The sum of v over the workgroup, in thread order, in every thread.
fn total(lid: u32, v: f32) -> f32 {
    workgroupBarrier();
    sh_value[lid] = v;
    workgroupBarrier();
    var s = 0.0;
    for (var i = 0u; i < WG; i++) {
        s += sh_value[i];
    }
    return s;
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) lid: u32) {
    if (!runs(lid)) {
        return;
    }
    let per = (params.vocab + WG - 1u) / WG;
    let first = min(lid * per, params.vocab);
    let end = min(first + per, params.vocab);

    // The largest scaled logit, and the lowest token that has it.
    var peak = -3.4e38;
    var best = params.vocab - 1u;
    for (var i = first; i < end; i++) {
        let v = scaled(i);
        if (v > peak) {
            peak = v;
            best = i;
        }
    }
    sh_value[lid] = peak;
    sh_index[lid] = best;
    workgroupBarrier();
    for (var i = 0u; i < WG; i++) {
        let v = sh_value[i];
        if (v > peak || (v == peak && sh_index[i] < best)) {
            peak = v;
            best = sh_index[i];
        }
    }

    if (setting(TEMPERATURE) > 0.0) {
        var floor_bits = 0u; // tokens whose ordered() is below are out
        let top_k = sampling[TOP_K];
        if (top_k > 0u && top_k < params.vocab) {
            for (var bit = 0x80000000u; bit != 0u; bit = bit >> 1u) {
                var n = 0.0;
                for (var i = first; i < end; i++) {
                    n += select(0.0, 1.0, ordered(scaled(i)) >= (floor_bits | bit));
                }
                if (total(lid, n) >= f32(top_k)) {
                    floor_bits |= bit;
                }
            }
        }
        let top_p = setting(TOP_P);
        if (top_p < 1.0) {
            var sum = 0.0;
            for (var i = first; i < end; i++) {
                let v = scaled(i);
                sum += select(0.0, exp(v - peak), ordered(v) >= floor_bits);
            }
            let wanted = top_p * total(lid, sum);
            var bits = 0u;
            for (var bit = 0x80000000u; bit != 0u; bit = bit >> 1u) {
                sum = 0.0;
                for (var i = first; i < end; i++) {
                    let v = scaled(i);
                    sum += select(0.0, exp(v - peak), ordered(v) >= max(bits | bit, floor_bits));
                }
                if (total(lid, sum) >= wanted) {
                    bits |= bit;
                }
            }
            floor_bits = min(max(floor_bits, bits), ordered(peak));
        }
        let min_p = setting(MIN_P);
        var mine = 0.0;
        for (var i = first; i < end; i++) {
            let v = scaled(i);
            let weight = exp(v - peak);
            mine += select(0.0, weight, ordered(v) >= floor_bits && weight >= min_p);
        }
        let target_sum = random01(sampling[SEED_LOW], sampling[SEED_HIGH], state[STATE_STEP]) * total(lid, mine);
        if (lid == 0u) {
            // The thread whose tokens hold target_sum, then the token. Rounding may
            // leave none: then the most likely token stands.
            var sum = 0.0;
            var owner = 0u;
            while (owner < WG && sum + sh_value[owner] <= target_sum) {
                sum += sh_value[owner];
                owner++;
            }
            for (var i = min(owner * per, params.vocab); i < min((owner + 1u) * per, params.vocab); i++) {
                let v = scaled(i);
                let weight = exp(v - peak);
                if (ordered(v) >= floor_bits && weight >= min_p) {
                    sum += weight;
                    best = i;
                    if (sum > target_sum) {
                        break;
                    }
                }
            }
        }
    }

    if (lid == 0u) {
        let step = state[STATE_STEP];
        counts[best]++;
        tokens[0] = best;
        out[step % RING] = best;
        state[STATE_POS] += select(state[STATE_N], 1u, params.draft == 1u);
        state[STATE_N] = 1u;
        state[STATE_ROWS] = params.row + 1u;
        state[STATE_STEP] = step + 1u;
        state[STATE_TOKEN] = best;
    }
}
