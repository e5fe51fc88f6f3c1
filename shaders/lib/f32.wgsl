// Matrix $0 in format f32: row-major float32.
#import unit()
#import places_whole()
fn $0_unit(base: u32, count: u32, i: u32) -> Unit {
    return Unit(bitcast<vec4<f32>>($0[base + i]), 1.0);
}
