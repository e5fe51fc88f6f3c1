// A unit is what 16 bytes of a weight matrix hold: COLUMNS columns of one row, unscaled.
// The numbers are v0 times PLACES0 and so on, powers of two that the format's file has.
const COLUMNS: u32 = QUADS * 4u;
struct Unit {
    #unroll k QUADS
    v$k: vec4<f32>,
    #end
    scale: f32,
}
