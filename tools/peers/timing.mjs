// What all comparisons count with.
export const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Fails after so many seconds; what says what was under way. */
export const late = (seconds, what) =>
  new Promise((_, reject) => setTimeout(() => reject(new Error(`no end after ${seconds} s (${what()})`)), seconds * 1000).unref());
