// Styles that several elements need inside their shadow roots.

import { css } from 'lit';

export const base = css`
  :host {
    display: block;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  svg {
    display: block;
    width: 1.25em;
    height: 1.25em;
  }
`;

export const button = css`
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 1px solid var(--hairline);
    border-radius: 999px;
    padding: 0.375rem 0.875rem;
    cursor: pointer;
    transition:
      background-color var(--motion),
      border-color var(--motion);
  }
  button:hover:not(:disabled) {
    background: var(--sunken);
  }
  button.plain {
    border-color: transparent;
    color: var(--accent);
    padding: 0.25rem 0.5rem;
  }
  button.primary {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
  }
  button.primary:hover:not(:disabled) {
    background: color-mix(in oklab, var(--accent) 88%, var(--ink));
  }
  button.icon {
    display: grid;
    place-items: center;
    flex: none;
    width: 2.25rem;
    height: 2.25rem;
    padding: 0;
    border-color: transparent;
    border-radius: 0.5rem;
    color: var(--muted);
  }
  button:disabled {
    cursor: default;
  }
`;
