/**
 * The text that a link to the page brings (?q=…), undefined without one. It leaves the address,
 * so that a reload or a bookmark does not bring it again.
 */
export function takePrompt(): string | undefined {
  const url = new URL(location.href);
  const text = url.searchParams.get('q');
  if (text === null) return undefined;
  url.searchParams.delete('q');
  history.replaceState(history.state, '', url);
  return text;
}
