// Texts of the expert view, figures and the budget.

export const see = {};
