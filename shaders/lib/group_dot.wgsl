// group_dot: a group times 32 activations, read from x (f32, as vec4) from vec4 p on.
#import group()
fn group_dot(m: Group, p: u32) -> f32 {
    let low = dot(m.a[0], x[p]) + dot(m.a[1], x[p + 1u]) + dot(m.a[2], x[p + 2u]) + dot(m.a[3], x[p + 3u]);
    let high = dot(m.b[0], x[p + 4u]) + dot(m.b[1], x[p + 5u]) + dot(m.b[2], x[p + 6u]) + dot(m.b[3], x[p + 7u]);
    return m.scale * (low + high);
}
