// Texts of the model manager.

export const models = {};
