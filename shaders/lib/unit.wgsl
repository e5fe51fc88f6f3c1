// A unit is what 16 bytes of a weight matrix hold: COLUMNS columns of one row, unscaled.
const COLUMNS: u32 = QUADS * 4u;
struct Unit {
    #unroll k QUADS
    v$k: vec4<f32>,
    #end
    scale: f32,
}
