// $0_dot: a block of products of the chosen expert's matrix $0, where the experts of the
// layer lie in two banks, $0_a and $0_b, params.per_bank in the first, each
// params.stride units of 16 bytes long: a bank stays within the 128 MiB of one binding.
// The choice of the bank is outside the loop, where it costs nothing.
#import WEIGHTS($0_a)
#import WEIGHTS($0_b)
#import block_dot($0_a)
#import block_dot($0_b)
#import expert()
fn $0_a_load(i: u32) -> Group {
    return $0_a_group(expert * params.stride, params.rows * (params.cols / 32u), i);
}
fn $0_b_load(i: u32) -> Group {
    return $0_b_group((expert - params.per_bank) * params.stride, params.rows * (params.cols / 32u), i);
}
fn $0_dot() -> array<f32, BLOCK> {
    if (expert < params.per_bank) {
        return $0_a_dot(params.cols);
    }
    return $0_b_dot(params.cols);
}
