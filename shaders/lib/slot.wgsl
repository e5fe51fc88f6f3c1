var<private> slot_at: u32; // the slot of the expert whose matrices are multiplied
