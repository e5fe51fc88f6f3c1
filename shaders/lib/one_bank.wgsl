// $0_dot: a block of products of matrix $0 of the expert in the slot, where $0_a holds all
// slots, each params.stride units of 16 bytes long. $0_b is not read.
#import WEIGHTS($0_a)
#import DOT($0_a)
#import slot()
fn $0_a_load(i: u32) -> Unit {
    return $0_a_unit(slot_at * params.stride, params.rows * (params.cols / COLUMNS), i);
}
fn $0_dot(lid: u32, slot: u32) -> array<f32, BLOCK> {
    slot_at = slot;
    return $0_a_dot(lid, params.cols);
}
