// @ts-check
// Buffers that go round: worker → reader → worker. See Store.release for why.

const KEPT_BYTES = 96 << 20;
const KEPT_MS = 5000;

/** @type {ArrayBuffer[]} */
let free = [];
let freeBytes = 0;
let timer = 0;

/** A buffer of any content. @param {number} length */
export const take = (length) => {
  const at = free.findLastIndex((buffer) => buffer.byteLength === length);
  if (at < 0) return new ArrayBuffer(length);
  freeBytes -= length;
  return free.splice(at, 1)[0];
};

/** @param {ArrayBuffer} buffer */
export const recycle = (buffer) => {
  free.push(buffer);
  freeBytes += buffer.byteLength;
  while (freeBytes > KEPT_BYTES) dropOldest();
  clearTimeout(timer);
  timer = setTimeout(() => {
    while (free.length > 0) dropOldest();
  }, KEPT_MS);
};

const dropOldest = () => {
  const buffer = /** @type {ArrayBuffer} */ (free.shift());
  freeBytes -= buffer.byteLength;
  drop(buffer);
};

/** Gives memory back now rather than at some garbage collection. @param {ArrayBuffer} buffer */
export const drop = (buffer) => {
  structuredClone(buffer, { transfer: [buffer] });
};
