import { css } from 'lit';

export const historyStyles = css`
  :host {
    height: 100%;
    min-height: 0;
  }
  nav {
    display: flex;
    flex-direction: column;
    height: 100%;
    padding: 0.75rem 0 0.5rem;
    background: var(--sunken);
  }
  input {
    font: inherit;
    font-size: 0.875rem;
    color: inherit;
    background: var(--raised);
    border: 1px solid var(--hairline);
    border-radius: 0.5rem;
    padding: 0.25rem 0.625rem;
    min-width: 0;
  }
  input::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  nav > input {
    margin: 0 0.75rem;
    min-height: 2.25rem;
  }
  .note {
    margin: 0.5rem 1rem 0;
    color: var(--muted);
    font-size: var(--small);
  }
  .note:empty {
    display: none;
  }
  .scroller {
    position: relative;
    flex: 1;
    min-height: 0;
    margin-top: 0.25rem;
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--hairline) transparent;
  }
  .rows {
    position: relative;
  }
  /* Drawn anew while a pointer goes down on it, an icon would take the click with it. */
  .row svg {
    pointer-events: none;
  }
  .row {
    position: absolute;
    inset-inline: 0.5rem;
    display: flex;
    align-items: stretch;
    border-radius: 0.5rem;
  }
  .row > input {
    flex: 1;
    margin: 0.125rem 0;
  }
  h2 {
    align-self: end;
    margin: 0 0.5rem 0.25rem;
    color: var(--muted);
    font-size: 0.75rem;
    font-weight: 500;
    line-height: 1.2;
  }
  .title {
    flex: 1;
    min-width: 0;
    display: flex;
    flex-direction: column;
    justify-content: center;
    padding: 0 0.5rem;
    border-color: transparent;
    border-radius: 0.5rem;
    font-size: 0.875rem;
    line-height: 1.4;
    text-align: start;
  }
  .row:has(.title):hover {
    background: color-mix(in oklab, var(--ink) 6%, transparent);
  }
  .title:hover:not(:disabled) {
    background: none;
  }
  .row:has([aria-current]),
  .row:has([aria-current]):hover {
    background: var(--raised);
    box-shadow: inset 0 0 0 1px var(--hairline);
  }
  .title[aria-current] {
    font-weight: 550;
  }
  .name {
    display: flex;
    align-items: center;
    gap: 0.375rem;
    min-width: 0;
  }
  .name svg {
    flex: none;
    width: 0.875rem;
    height: 0.875rem;
    color: var(--muted);
  }
  .name > span:last-child,
  .excerpt {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .excerpt {
    color: var(--muted);
    font-size: 0.75rem;
    font-weight: 400;
  }
  .more {
    align-self: center;
    width: 2rem;
    height: 2rem;
  }
  @media (hover: hover) {
    .row:not(:hover, :focus-within) .more {
      opacity: 0;
    }
  }
`;
