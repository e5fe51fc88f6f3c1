import { createElement, type IconNode } from 'lucide';

/** A Lucide icon as a node of its own; decoration, so the button around it has the name. */
export function icon(node: IconNode): SVGElement {
  return createElement(node, { 'aria-hidden': 'true', focusable: 'false' });
}
