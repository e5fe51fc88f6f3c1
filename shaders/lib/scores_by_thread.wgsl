// scores_by_thread: a thread has the scores of whole positions, two at a time so that what it
// reads of q serves both. No barriers: for CPU adapters. WG = UNITS.
fn scores_begin(q_at: vec4<u32>, lid: u32) {}

fn sums_joined(mine: Sums, lid: u32) -> Sums {
    return mine;
}

fn scores(first: u32, here: u32, kv: u32, q_at: vec4<u32>, lid: u32) -> vec4<f32> {
    let factor = scale();
    var peak = vec4<f32>(LOWEST);
    for (var j = lid; j < here; j += 2u * WG) {
        let row0 = (first + j) * params.n_kv_heads + kv;
        let row1 = (first + min(j + WG, here - 1u)) * params.n_kv_heads + kv;
        var s0 = vec4<f32>(0.0);
        var s1 = vec4<f32>(0.0);
        for (var i = 0u; i < UNITS; i++) {
            let a = mat4x4<f32>(q[q_at.x + i], q[q_at.y + i], q[q_at.z + i], q[q_at.w + i]);
            let b = mat4x4<f32>(q[q_at.x + UNITS + i], q[q_at.y + UNITS + i], q[q_at.z + UNITS + i], q[q_at.w + UNITS + i]);
            let k0 = k_eight(row0, i);
            let k1 = k_eight(row1, i);
            s0 += k0.a * a + k0.b * b;
            s1 += k1.a * a + k1.b * b;
        }
        // A position beyond the end repeats the last one, which changes no peak.
        peak = max(peak, max(s0, s1) * factor);
        sh_s[j] = s0 * factor;
        if (j + WG < here) {
            sh_s[j + WG] = s1 * factor;
        }
    }
    return peak;
}
