// scores_by_team: UNITS neighbours have a position together, each eight of its dimensions, so that
// they read the key side by side; then each thread adds up the parts of a position. For GPUs.
var<workgroup> sh_work: array<vec4<f32>, WORK>;
var<private> q_a: mat4x4<f32>;
var<private> q_b: mat4x4<f32>;

fn scores_begin(q_at: vec4<u32>, lid: u32) {
    let at = q_at + lid % UNITS;
    q_a = mat4x4<f32>(q[at.x], q[at.y], q[at.z], q[at.w]) * scale();
    q_b = mat4x4<f32>(q[at.x + UNITS], q[at.y + UNITS], q[at.z + UNITS], q[at.w + UNITS]) * scale();
}

fn scores(first: u32, here: u32, kv: u32, q_at: vec4<u32>, lid: u32) -> vec4<f32> {
    let unit = lid % UNITS;
    if (lid < PARTS * UNITS) {
        for (var j = lid / UNITS; j < TILE; j += PARTS) {
            let x = k_eight((first + min(j, here - 1u)) * params.n_kv_heads + kv, unit);
            sh_work[j * (UNITS + 1u) + unit] = x.a * q_a + x.b * q_b; // + 1: no two in one bank
        }
    }
    workgroupBarrier();
    var peak = vec4<f32>(LOWEST);
    for (var j = lid; j < here; j += WG) {
        var s = vec4<f32>(0.0);
        for (var i = 0u; i < UNITS; i++) {
            s += sh_work[j * (UNITS + 1u) + i];
        }
        sh_s[j] = s;
        peak = max(peak, s);
    }
    return peak;
}

// sums_joined adds up what the threads of a unit have, in those that are its first.
fn sums_joined(mine: Sums, lid: u32) -> Sums {
    let at = lid * 8u;
    sh_work[at] = mine.a0;
    sh_work[at + 1u] = mine.b0;
    sh_work[at + 2u] = mine.a1;
    sh_work[at + 3u] = mine.b1;
    sh_work[at + 4u] = mine.a2;
    sh_work[at + 5u] = mine.b2;
    sh_work[at + 6u] = mine.a3;
    sh_work[at + 7u] = mine.b3;
    workgroupBarrier();
    var all = mine;
    if (lid < UNITS) {
        for (var p = 1u; p < PARTS; p++) {
            let other = at + p * UNITS * 8u;
            all.a0 += sh_work[other];
            all.b0 += sh_work[other + 1u];
            all.a1 += sh_work[other + 2u];
            all.b1 += sh_work[other + 3u];
            all.a2 += sh_work[other + 4u];
            all.b2 += sh_work[other + 5u];
            all.a3 += sh_work[other + 6u];
            all.b3 += sh_work[other + 7u];
        }
    }
    return all;
}
