/** The same texts in another language: same keys, any words. */
export type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> };
