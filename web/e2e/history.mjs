// The list of conversations, and how it becomes long.

/** The list's parts. */
export function list(page) {
  const nav = page.getByRole('navigation', { name: 'Conversations' });
  return {
    nav,
    search: nav.getByRole('searchbox'),
    items: nav.locator('button.title'),
    item: title => nav.getByRole('button', { name: title, exact: true }),
    menu: title => nav.getByRole('button', { name: `More for “${title}”` }),
    choose: name => page.getByRole('menuitem', { name, exact: true }),
    toast: page.locator('mixtab-toast'),
    start: page.getByRole('button', { name: 'New conversation', exact: true }),
  };
}

/** Fills the page's database with conversations of two messages each. */
export function fill(count) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('mixtab');
    request.onsuccess = () => {
      const transaction = request.result.transaction(['heads', 'details', 'turns'], 'readwrite');
      for (let index = 0; index < count; index++) {
        const id = `c${String(index).padStart(6, '0')}`;
        const created = Date.now() - (count - index) * 3_600_000;
        const head = { id, title: `Conversation ${index}`, pinned: false, created, changed: created };
        transaction.objectStore('heads').put(head);
        const turn = { conversation: id, state: 'done', created };
        const text = `The question of needle ${index}. ${'Some more words of it. '.repeat(10)}`;
        transaction.objectStore('turns').put({ ...turn, id: 'a', parent: null, role: 'user', text });
        transaction
          .objectStore('turns')
          .put({ ...turn, id: 'b', parent: 'a', role: 'assistant', text: 'Yes.' });
      }
      transaction.oncomplete = () => resolve(request.result.close());
      transaction.onerror = () => reject(transaction.error);
    };
  });
}
