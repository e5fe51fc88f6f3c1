// two_banks for products with barriers or broadcasts between their loads, which may not
// stand in a branch: the bank is chosen load by load.
#import WEIGHTS($0_a)
#import WEIGHTS($0_b)
#import DOT($0_ab)
#import slot()
fn $0_ab_load(i: u32) -> Unit {
    let count = params.rows * (params.cols / COLUMNS);
    if (slot < params.per_bank) {
        return $0_a_unit(slot * params.stride, count, i);
    }
    return $0_b_unit((slot - params.per_bank) * params.stride, count, i);
}
fn $0_dot(lid: u32) -> array<f32, BLOCK> {
    return $0_ab_dot(lid, params.cols);
}
