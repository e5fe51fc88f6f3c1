// Texts of what can be done with messages, and the composer.

export const talk = {};
