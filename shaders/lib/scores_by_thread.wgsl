// scores_by_thread: a thread has the scores of whole positions, four at a time so that what it
// reads of q serves four. No barriers: for CPU adapters.
fn scores_begin(q_at: vec4<u32>, lid: u32) {}

fn scores(first: u32, here: u32, kv: u32, q_at: vec4<u32>, lid: u32) -> vec4<f32> {
    let factor = scale();
    var peak = vec4<f32>(LOWEST);
    for (var j = lid; j < here; j += 4u * WG) {
        let row0 = (first + j) * params.n_kv_heads + kv;
        let row1 = (first + min(j + WG, here - 1u)) * params.n_kv_heads + kv;
        let row2 = (first + min(j + 2u * WG, here - 1u)) * params.n_kv_heads + kv;
        let row3 = (first + min(j + 3u * WG, here - 1u)) * params.n_kv_heads + kv;
        var s0 = vec4<f32>(0.0);
        var s1 = vec4<f32>(0.0);
        var s2 = vec4<f32>(0.0);
        var s3 = vec4<f32>(0.0);
        for (var i = 0u; i < UNITS; i++) {
            let a = mat4x4<f32>(q[q_at.x + i], q[q_at.y + i], q[q_at.z + i], q[q_at.w + i]);
            let b = mat4x4<f32>(q[q_at.x + UNITS + i], q[q_at.y + UNITS + i], q[q_at.z + UNITS + i], q[q_at.w + UNITS + i]);
            let k0 = k_eight(row0, i);
            let k1 = k_eight(row1, i);
            let k2 = k_eight(row2, i);
            let k3 = k_eight(row3, i);
            s0 += k0.a * a + k0.b * b;
            s1 += k1.a * a + k1.b * b;
            s2 += k2.a * a + k2.b * b;
            s3 += k3.a * a + k3.b * b;
        }
        // A position beyond the end repeats the last one, which changes no peak.
        peak = max(peak, max(max(s0, s1), max(s2, s3)) * factor);
        sh_s[j] = s0 * factor;
        if (j + WG < here) {
            sh_s[j + WG] = s1 * factor;
        }
        if (j + 2u * WG < here) {
            sh_s[j + 2u * WG] = s2 * factor;
        }
        if (j + 3u * WG < here) {
            sh_s[j + 3u * WG] = s3 * factor;
        }
    }
    return peak;
}
