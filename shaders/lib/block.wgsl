// The block of a product that a thread works on: ROWS rows of weights times TILE activation
// vectors. Its kernel says which before it multiplies; rows and vectors beyond the end are to
// be valid ones, whose products nobody stores.
const BLOCK: u32 = ROWS * TILE;
var<private> row_at: array<u32, ROWS>; // rows of the matrix
var<private> x_at: array<u32, TILE>;   // places in x, in vec4s
var<private> x_n: u32;                 // how many of them there are
