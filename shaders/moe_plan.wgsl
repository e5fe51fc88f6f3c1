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
struct Params {
    table: u32, // the layer's slots in state
}
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> sh_count: array<u32, EXPERTS>;

fn tiles_of(e: u32) -> u32 {
    return select((sh_count[e] + TILE - 1u) / TILE, 0u, state[params.table + e] == NO_SLOT);
}

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
    if (lid == 0u) {
        var used = vec2<u32>(0u, 0u);
        for (var e = 0u; e < EXPERTS; e++) {
            used[e / 32u] |= select(0u, 1u << (e % 32u), sh_count[e] != 0u);
        }
        plan[1] = used.x;
        plan[2] = used.y;
    }
    for (var e = lid; e < EXPERTS; e += WG) {
        var place = 0u;
        var tile = 0u;
        for (var i = 0u; i < e; i++) {
            place += sh_count[i];
            tile += tiles_of(i);
        }
        for (var i = 0u; i < tiles_of(e); i++) {
            plan[4u + 4u * tile] = state[params.table + e];
            plan[5u + 4u * tile] = place + i * TILE;
            plan[6u + 4u * tile] = min(TILE, sh_count[e] - i * TILE);
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
