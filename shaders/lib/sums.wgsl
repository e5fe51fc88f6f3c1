    // The sums of $0_dot as an array.
    var all: array<f32, BLOCK>;
    #unroll i ROWS
    #unroll t TILE
    all[$i * TILE + $t] = acc$i_$t;
    #end
    #end
    return all;
