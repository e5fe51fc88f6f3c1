// Texts of settings.

export const tune = {};
