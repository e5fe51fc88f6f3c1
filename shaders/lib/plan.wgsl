// The plan of a prefill chunk: its (token, choice) entries sorted by expert, and cut
// into tiles of at most TILE entries of one expert. Experts without a slot have no tiles.
//   word 0            number of tiles
//   words 1 and 2     a bit for each expert that has entries, with a slot or without
//   words 4 + 4·i     tile i: slot, first place in the order, entries, 0
//   words ORDER + j   the entry at place j: token · TOP_K + choice
const ORDER: u32 = 4u + 4u * MAX_TILES;
