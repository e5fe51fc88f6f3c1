// A unit (lib/unit) in half precision.
enable f16;
const COLUMNS: u32 = QUADS * 4u;
struct Unit {
    #unroll k QUADS
    v$k: vec4<f16>,
    #end
    scale: f32,
}
