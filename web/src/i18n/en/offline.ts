// Texts of the installed page, updates, links and shares.

export const offline = {};
