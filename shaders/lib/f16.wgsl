// Matrix $0 in format f16: row-major binary16.
#import unit()
#import places_whole()
#import half4()
fn $0_unit(base: u32, count: u32, i: u32) -> Unit {
    let q = $0[base + i];
    return Unit(half4(q.x, q.y), half4(q.z, q.w), 1.0);
}
