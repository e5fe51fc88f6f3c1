// Matrix $0 in format q4 (lib/q4) for integer products. The bytes are the nibbles, 8 too
// large; of eight columns the even ones come first, as they lie in a word.
#import unit_int8()
#import scale($0)
#import pack_even_odd()
fn $0_unit(base: u32, count: u32, i: u32) -> Unit {
    let q = $0[base + i];
    let even = q & vec4<u32>(0x0f0f0f0fu);
    let odd = (q >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu);
    return Unit(even.x, odd.x, even.y, odd.y, even.z, odd.z, even.w, odd.w, $0_scale(base + count, i));
}
