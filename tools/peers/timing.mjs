// What all comparisons count with.
export const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Fails after so many seconds. */
export const late = seconds =>
  new Promise((_, reject) =>
    setTimeout(() => reject(new Error(`no end after ${seconds} s`)), seconds * 1000).unref(),
  );
