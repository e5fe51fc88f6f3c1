// Texts of conversations: the list, search, export and import.

export const history = {};
