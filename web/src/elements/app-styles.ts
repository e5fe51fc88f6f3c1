import { css } from 'lit';

/** Below this, conversations are in a drawer, and the panel covers the conversation. */
export const narrow = '(max-width: 60rem)';

/** Header; conversations, the one on the page, the panel; the composer. */
export const appStyles = css`
  :host {
    display: grid;
    grid-template:
      'header header header' auto
      'side main panel' minmax(0, 1fr)
      'side footer panel' auto / auto minmax(0, 1fr) auto;
    height: 100dvh;
  }
  mixtab-header {
    grid-area: header;
    min-width: 0;
  }
  mixtab-side {
    grid-area: side;
  }
  main {
    grid-area: main;
    min-height: 0;
    min-width: 0;
  }
  footer {
    grid-area: footer;
    min-width: 0;
    padding: 0.5rem var(--gutter) max(0.5rem, env(safe-area-inset-bottom));
  }
  footer > * {
    max-width: var(--measure);
    margin-inline: auto;
  }
  /* As much as the conversation's scroll bar takes, so that both stand on one line. */
  @media (min-width: 40rem) {
    footer {
      overflow: hidden;
      scrollbar-gutter: stable both-edges;
      scrollbar-width: thin;
    }
  }
  mixtab-panel {
    grid-area: panel;
    width: clamp(24rem, 27vw, 42rem);
    min-height: 0;
    overflow-y: auto;
    border-inline-start: 1px solid var(--hairline);
  }
  mixtab-panel:not([open]) {
    display: none;
  }
  mixtab-figures {
    margin-top: 0.5rem;
  }
  @media (max-width: 60rem) {
    mixtab-panel {
      grid-area: main / main / footer / main;
      width: auto;
      border: 0;
      z-index: 1;
      background: var(--paper);
    }
  }
`;
