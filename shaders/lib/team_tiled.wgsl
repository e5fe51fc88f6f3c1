// A workgroup shares a tile of WG rows times TEAM · TILE activation vectors: it brings 32
// columns of both at a time into workgroup memory, each number once, and each thread
// multiplies a block of ROWS rows and TILE vectors from there. TEAM threads have the same
// rows. Requires ROWS == TEAM: then each thread brings one row's group.
#import block()
const LANES: u32 = 1u;
const TOKENS_OF_TILE: u32 = TEAM * TILE;
const ROW_PITCH: u32 = 9u; // vec4s from row to row: one more than there are, against bank conflicts
const TILE_W: u32 = WG * ROW_PITCH;
const STEPS: u32 = 8u / QUADS; // units of 32 columns
const TILE_X: u32 = TOKENS_OF_TILE * 8u;
var<workgroup> sh_w: array<vec4<f32>, TILE_W>;
var<workgroup> sh_x: array<vec4<f32>, TILE_X>;
var<workgroup> sh_row_at: array<u32, WG>;
var<workgroup> sh_x_at: array<u32, TOKENS_OF_TILE>;

fn lane(lid: u32) -> u32 {
    return 0u;
}
fn first_row(workgroup: u32, lid: u32) -> u32 {
    return workgroup * WG + lid / TEAM * ROWS;
}
fn first_token(lid: u32) -> u32 {
    return lid % TEAM * TILE;
}
fn team_sum(lid: u32, part: array<f32, BLOCK>) -> array<f32, BLOCK> {
    return part;
}
// Tells all threads where the rows and vectors of the tile are.
fn share_places(lid: u32) {
    workgroupBarrier(); // the readers of an earlier tile are done
    sh_row_at[lid] = row_at[lid % TEAM];
    if (lid < TEAM) {
        for (var t = 0u; t < TILE; t++) {
            sh_x_at[lid * TILE + t] = x_at[t];
        }
    }
    workgroupBarrier();
}
