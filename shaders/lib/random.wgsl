// random01: a number in [0, 1) that depends on the seed and the step alone; the same
// integers on every device. Each stage is MurmurHash3's 32-bit finaliser.
fn mix_bits(v: u32) -> u32 {
    var h = v;
    h ^= h >> 16u;
    h *= 0x85ebca6bu;
    h ^= h >> 13u;
    h *= 0xc2b2ae35u;
    h ^= h >> 16u;
    return h;
}
fn random01(seed_low: u32, seed_high: u32, step: u32) -> f32 {
    let h = mix_bits(seed_low ^ mix_bits(seed_high ^ mix_bits(step + 0x9e3779b9u)));
    return f32(h >> 8u) / 16777216.0;
}
