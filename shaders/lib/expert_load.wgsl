// $0_load: group i of the chosen expert's matrix $0. The experts of a layer lie in two
// banks, $0_a and $0_b, params.per_bank in the first, each params.stride units of 16
// bytes long: a bank stays within the 128 MiB of one binding.
#import WEIGHTS($0_a)
#import WEIGHTS($0_b)
#import expert()
fn $0_load(i: u32) -> Group {
    let count = params.rows * (params.cols / 32u);
    if (expert < params.per_bank) {
        return $0_a_group(expert * params.stride, count, i);
    }
    return $0_b_group((expert - params.per_bank) * params.stride, count, i);
}
