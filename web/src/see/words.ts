/** A token as it can be read by itself: white space gets a sign. */
export function shown(text: string): string {
  if (text === '') return '·';
  return text.replace(/\n/g, '↵').replace(/\t/g, '⇥').replace(/^ +$/, '␣').trim();
}

/** A token in at most so many characters. */
export function short(text: string, length: number): string {
  const characters = [...shown(text)];
  return characters.length <= length ? characters.join('') : `${characters.slice(0, length - 1).join('')}…`;
}
