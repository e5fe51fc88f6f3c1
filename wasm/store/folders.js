// @ts-check
// Folders of this machine that the user has lent us, over visits: in IndexedDB, as nothing else
// keeps handles. A handle says where a folder is. Whether it may be read, the browser asks the
// user at each visit, which only a window may make it do (Store.allow).

/**
 * What is kept of a lent folder. Without a handle, where the browser has none to give, the user
 * must choose the folder again at each visit.
 * @typedef {{pack: string, manifest: Uint8Array<ArrayBuffer>, handle?: FileSystemDirectoryHandle}} Kept
 */

const NAME = 'mixtab-folders';
const STORE = 'folders';

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

const database = () =>
  (opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'pack' });
    request.onerror = () => {
      opened = undefined;
      reject(request.error);
    };
    request.onsuccess = () => {
      const db = request.result;
      const forget = () => {
        opened = undefined;
      };
      db.onversionchange = () => {
        db.close();
        forget();
      };
      db.onclose = forget; // the user has cleared the site's data
      resolve(db);
    };
  }));

/**
 * @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>}
 */
const within = async (mode, act) => {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
};

/** @param {Kept} folder in the place of an earlier one of this pack */
export const keep = (folder) => within('readwrite', (store) => store.put(folder));

/** @param {string} pack @returns {Promise<Kept | undefined>} */
export const kept = (pack) => within('readonly', (store) => store.get(pack));

/** @returns {Promise<Kept[]>} */
export const all = () => within('readonly', (store) => store.getAll());

/** @param {string} pack */
export const forget = (pack) => within('readwrite', (store) => store.delete(pack));
