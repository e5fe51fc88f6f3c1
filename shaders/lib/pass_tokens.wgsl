// pass_tokens: the number of tokens in the pass, for kernels that bind the state writable and
// have barriers: the compiler has to see that all threads of a workgroup get the same.
#import state()
var<workgroup> sh_tokens: u32;
fn pass_tokens(lid: u32) -> u32 {
    if (lid == 0u) {
        sh_tokens = state[STATE_N];
    }
    return workgroupUniformLoad(&sh_tokens);
}
