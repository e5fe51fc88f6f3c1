// A unit (lib/unit) of signed bytes for dot4I8Packed, four to a word, in the order in which
// pack_x packs activations.
const COLUMNS: u32 = QUADS * 4u;
struct Unit {
    #unroll j BYTE_PAIRS
    a$j: u32,
    b$j: u32,
    #end
    scale: f32,
}
