// moe_plan: counting sort of a chunk's routes by expert; the layout is in lib/plan.
// route (expert, weight)[n, TOP_K] · state
// plan u32[4 + 4·MAX_TILES + n·TOP_K]
// Dispatch (1, 1, 1). The order is stable. Requires
// MAX_TILES >= EXPERTS + n·TOP_K/TILE.
#import plan()
#import state()

@group(0) @binding(0) var<storage, read> route: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read_write> plan: array<u32>;

var<workgroup> sh_count: array<u32, EXPERTS>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) lid: u32) {
    let entries = state[STATE_N] * TOP_K;
    for (var e = lid; e < EXPERTS; e += WG) {
        var count = 0u;
        for (var i = 0u; i < entries; i++) {
            count += select(0u, 1u, route[i].x == e);
        }
        sh_count[e] = count;
    }
    workgroupBarrier();
    for (var e = lid; e < EXPERTS; e += WG) {
        var place = 0u;
        var tile = 0u;
        for (var i = 0u; i < e; i++) {
            place += sh_count[i];
            tile += (sh_count[i] + TILE - 1u) / TILE;
        }
        for (var done = 0u; done < sh_count[e]; done += TILE) {
            plan[4u + 4u * tile] = e;
            plan[5u + 4u * tile] = place + done;
            plan[6u + 4u * tile] = min(TILE, sh_count[e] - done);
            tile++;
        }
        if (e == EXPERTS - 1u) {
            plan[0] = tile;
        }
        for (var i = 0u; i < entries; i++) {
            if (route[i].x == e) {
                plan[ORDER + place] = i;
                place++;
            }
        }
    }
}
