// scores_by_team: UNITS neighbours have a position together, each eight of its dimensions, so that
// they read the key side by side; then each thread adds up the parts of a position. For GPUs.
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
