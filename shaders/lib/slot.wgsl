var<private> slot: u32; // of the expert whose matrices are multiplied
