/** Holds items of several owners. The owners take turns; the items of one keep their order. */
export class FairQueue<Owner, Item> {
  /** The owners in the order of their turns, each with one item or more. */
  readonly #items = new Map<Owner, Item[]>();

  push(owner: Owner, item: Item): void {
    const items = this.#items.get(owner);
    if (items) items.push(item);
    else this.#items.set(owner, [item]);
  }

  /** Takes the next item out; its owner's others come behind those of the rest. */
  next(): { owner: Owner; item: Item } | undefined {
    for (const [owner, [item, ...others]] of this.#items) {
      this.#items.delete(owner);
      if (others.length > 0) this.#items.set(owner, others);
      return { owner, item: item as Item };
    }
    return undefined;
  }

  /** Takes an owner's first item that fits out of its turn. */
  remove(owner: Owner, fits: (item: Item) => boolean): Item | undefined {
    const items = this.#items.get(owner) ?? [];
    const at = items.findIndex(fits);
    if (at < 0) return undefined;
    const [item] = items.splice(at, 1);
    if (items.length === 0) this.#items.delete(owner);
    return item;
  }

  /** Forgets an owner's items. */
  drop(owner: Owner): void {
    this.#items.delete(owner);
  }
}
