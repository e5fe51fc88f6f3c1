// $0_dot: one row of expert e's matrix $0 times TILE activation vectors. The experts
// of a layer lie in two banks, $0_a and $0_b, params.per_bank in the first, each
// params.stride units of 16 bytes long: a bank stays within the 128 MiB of one binding.
#import row_dot($0_a)
#import row_dot($0_b)
fn $0_dot(e: u32, row: u32) -> array<f32, TILE> {
    if (e < params.per_bank) {
        return $0_a_dot(e * params.stride, params.rows, params.cols, row);
    }
    return $0_b_dot((e - params.per_bank) * params.stride, params.rows, params.cols, row);
}
