// How fast a worker reads files from OPFS, 16 MiB at a time into one buffer: what the
// store's reads are measured against.
self.onmessage = async ({ data: shas }) => {
  let dir = await navigator.storage.getDirectory();
  for (const name of ['mixtab', 'shards']) dir = await dir.getDirectoryHandle(name);
  const open = async sha =>
    (await dir.getFileHandle(`${sha}.bin`)).createSyncAccessHandle({ mode: 'read-only' });
  const files = await Promise.all(shas.map(open));
  const buffer = new Uint8Array(16 << 20).fill(1);
  let bytes = 0;
  const start = performance.now();
  for (const file of files) {
    for (let at = 0; at < file.getSize(); at += buffer.length) bytes += file.read(buffer, { at });
  }
  postMessage((bytes * 1000) / (performance.now() - start));
};
