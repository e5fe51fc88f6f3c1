// The plan of a prefill chunk: its (token, choice) entries sorted by expert, and cut
// into tiles of at most TILE entries of one expert.
//   word 0            number of tiles
//   words 4 + 4·i     tile i: expert, first place in the order, entries, 0
//   words ORDER + j   the entry at place j: token · TOP_K + choice
const ORDER: u32 = 4u + 4u * MAX_TILES;
