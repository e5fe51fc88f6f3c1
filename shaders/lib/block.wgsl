// The block of a product that a thread works on: ROWS rows of weights times TILE activation
// vectors. Its kernel says which before it multiplies; rows and vectors beyond the end are to
// be valid ones, whose products nobody stores.
const BLOCK: u32 = ROWS * TILE;
var<private> row_at: array<u32, ROWS>; // rows of the matrix
var<private> x_at: array<u32, TILE>;   // places in x, in vec4s
var<private> x_n: u32;                 // how many of them there are

// The units of a row of so many columns. The length of x is asked for so that the number does
// not depend on params alone: lavapipe (Mesa 22) compiles a kernel anew for each dispatch, with
// the values of its uniforms written in, where a loop's end or a branch depends on nothing else.
fn units_of(cols: u32) -> u32 {
    return min(cols, 4u * arrayLength(&x)) / COLUMNS;
}
