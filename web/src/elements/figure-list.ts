import { css } from 'lit';

/** A list of names and figures: <dl> with a <div> around each pair. */
export const figureList = css`
  dl {
    margin: 0;
    font-size: var(--small);
    line-height: 1.5;
    font-variant-numeric: tabular-nums;
  }
  dl div {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0 1rem;
    padding-block: 0.1875rem;
  }
  dl div + div {
    border-top: 1px solid var(--hairline);
  }
  dt {
    color: var(--muted);
  }
  dd {
    margin: 0 0 0 auto;
    text-align: end;
    overflow-wrap: anywhere;
  }
`;
