/**
 * Makes the children of target those of wanted, and keeps the nodes that are already so:
 * text that grows keeps what the reader has selected, focused and scrolled in it.
 */
export function patch(target: Element, wanted: ParentNode): void {
  let old = target.firstChild;
  for (const node of [...wanted.childNodes]) {
    const next: ChildNode | null = old?.nextSibling ?? null;
    if (!old) target.append(node);
    else if (!renew(old, node)) old.replaceWith(node);
    old = next;
  }
  while (old) {
    const next: ChildNode | null = old.nextSibling;
    old.remove();
    old = next;
  }
}

/** Turns a node into another in place; false where it is of another kind. */
function renew(old: ChildNode, node: ChildNode): boolean {
  if (old instanceof Text && node instanceof Text) {
    if (old.data !== node.data) old.data = node.data;
    return true;
  }
  if (!(old instanceof Element && node instanceof Element) || old.localName !== node.localName) return false;
  for (const { name } of [...old.attributes]) if (!node.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of node.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  patch(old, node);
  return true;
}
