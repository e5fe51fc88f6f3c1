// $0_dot: a block of products of matrix $0 of the expert in the slot, where slots lie in two
// banks, $0_a and $0_b, params.per_bank in the first, each params.stride units of 16 bytes
// long: a bank stays within the 128 MiB of one binding.
// The choice of the bank is outside the loop, where it costs nothing. It is the parameter's,
// of which a compiler sees that all threads have the same: products have barriers and
// broadcasts in them.
#import WEIGHTS($0_a)
#import WEIGHTS($0_b)
#import DOT($0_a)
#import DOT($0_b)
#import slot()
fn $0_a_load(i: u32) -> Unit {
    return $0_a_unit(slot_at * params.stride, params.rows * (params.cols / COLUMNS), i);
}
fn $0_b_load(i: u32) -> Unit {
    return $0_b_unit((slot_at - params.per_bank) * params.stride, params.rows * (params.cols / COLUMNS), i);
}
fn $0_dot(lid: u32, slot: u32) -> array<f32, BLOCK> {
    slot_at = slot;
    if (slot < params.per_bank) {
        return $0_a_dot(lid, params.cols);
    }
    return $0_b_dot(lid, params.cols);
}
