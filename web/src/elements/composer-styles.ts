import { css } from 'lit';

/** One rounded field with its buttons inside; files stand above what is written, figures below. */
export const composerStyles = css`
  form {
    padding: 0.4375rem;
    background: var(--raised);
    border: 1px solid var(--hairline);
    border-radius: 1.5rem;
    transition: border-color var(--motion);
  }
  form:has(textarea:focus-visible),
  form.over {
    border-color: var(--accent);
    box-shadow: 0 0 0 1px var(--accent);
  }
  ul {
    display: flex;
    flex-wrap: wrap;
    align-items: start;
    gap: 0.375rem;
    max-height: 30dvh;
    overflow-y: auto;
    margin: 0 0 0.375rem;
    padding: 0;
    list-style: none;
  }
  li {
    min-width: 0;
    max-width: 100%;
  }
  .row {
    display: flex;
    align-items: end;
    gap: 0.25rem;
  }
  textarea {
    flex: 1;
    min-width: 0;
    max-height: 33dvh;
    padding: 0.375rem 0;
    field-sizing: content;
    resize: none;
    border: 0;
    background: none;
    color: inherit;
    font: inherit;
    line-height: 1.5;
  }
  textarea:focus-visible {
    outline: none; /* The form's border shows the focus. */
  }
  textarea::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  .row > button {
    flex: none;
    display: grid;
    place-items: center;
    width: 2.25rem;
    height: 2.25rem;
    padding: 0;
  }
  .row > .attach {
    border-color: transparent;
    color: var(--muted);
  }
  .row > button:disabled {
    background: var(--sunken);
    border-color: var(--sunken);
    color: var(--muted);
  }
  .stop svg {
    width: 0.875rem;
    height: 0.875rem;
    fill: currentColor;
  }
  p {
    margin: 0;
    padding: 0.25rem 0.625rem 0;
    color: var(--muted);
    font-size: 0.75rem;
    line-height: 1.4;
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  p:empty {
    display: none;
  }
  .trouble {
    color: var(--danger);
  }
`;
