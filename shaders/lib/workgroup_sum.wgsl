// workgroup_sum: the sum of v over the workgroup, in thread order, in every thread.
var<workgroup> sh_sum: array<f32, WG>;
fn workgroup_sum(lid: u32, v: f32) -> f32 {
    workgroupBarrier(); // the readers of an earlier sum are done
    sh_sum[lid] = v;
    workgroupBarrier();
    var s = 0.0;
    for (var i = 0u; i < WG; i++) {
        s += sh_sum[i];
    }
    return s;
}
