// What the store's tests call in the page.
import { connect } from '/wasm/store/client.js';

export { connect };

/** Every file in the origin's storage with its size, by path. */
export async function files() {
  for (;;) {
    try {
      return await filesIn(await navigator.storage.getDirectory(), '');
    } catch (error) {
      if (error.name !== 'NotFoundError') throw error; // the store removed one meanwhile
    }
  }
}

async function filesIn(dir, prefix) {
  const all = {};
  for await (const [name, handle] of dir.entries()) {
    if (handle.kind === 'directory') Object.assign(all, await filesIn(handle, `${prefix}${name}/`));
    else all[prefix + name] = (await handle.getFile()).size;
  }
  return all;
}

/** Of a file, which is made where it is not there. */
export async function handle(path) {
  let dir = await navigator.storage.getDirectory();
  const names = path.split('/');
  const last = names.pop();
  for (const name of names) dir = await dir.getDirectoryHandle(name, { create: true });
  return dir.getFileHandle(last, { create: true });
}

/** Changes a file behind the store's back. */
export async function edit(path, change) {
  const file = await handle(path);
  const bytes = new Uint8Array(await (await file.getFile()).arrayBuffer());
  const writable = await file.createWritable();
  await writable.write(change(bytes));
  await writable.close();
}

export async function sha256(buffer) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', buffer));
  return [...digest].map(byte => byte.toString(16).padStart(2, '0')).join('');
}

/** An error as data, or what a promise came to. */
export const outcome = promise =>
  promise.then(
    value => ({ value }),
    ({ kind, message }) => ({ kind, message }),
  );
