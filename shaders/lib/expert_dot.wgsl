// $0_dot: row_dot of expert e's matrix $0. The experts of a layer lie in two banks, $0_a
// and $0_b, params.per_bank in the first, each params.stride units of 16 bytes long: a
// bank stays within the 128 MiB of one binding. Only the load is there twice: compilers
// inline everything, and lavapipe's took 9 s over two whole loops.
#import WEIGHTS($0_a)
#import WEIGHTS($0_b)
#import group_dot()
fn $0_dot(e: u32, row: u32) -> array<f32, TILE> {
    var acc: array<f32, TILE>;
    let groups = params.cols / 32u;
    let count = params.rows * groups;
    let in_a = e < params.per_bank;
    let base = select(e - params.per_bank, e, in_a) * params.stride;
    for (var g = 0u; g < groups; g++) {
        var m: Group;
        if (in_a) {
            m = $0_a_group(base, count, row * groups + g);
        } else {
            m = $0_b_group(base, count, row * groups + g);
        }
        for (var t = 0u; t < TILE; t++) {
            acc[t] += group_dot(m, x_at[t] + g * 8u);
        }
    }
    return acc;
}
