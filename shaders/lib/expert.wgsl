var<private> expert: u32; // whose matrices are multiplied
