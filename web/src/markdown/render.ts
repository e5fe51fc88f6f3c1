// Markdown to HTML that is safe to show. Nothing that a model writes may run a script,
// style the page or fetch anything: an image would tell its host what was said.

import DOMPurify from 'dompurify';
import { Marked, type Token, type TokensList } from 'marked';

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escapeHtml(text),
    image: ({ text }) => escapeHtml(text),
    // Headings of answers lie below those of the page.
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + 2);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
    checkbox: ({ checked }) => (checked ? '[x] ' : '[ ] '),
  },
});

const purifier = DOMPurify(window);
purifier.addHook('afterSanitizeAttributes', node => {
  if (node.tagName === 'A') {
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener noreferrer nofollow');
  }
  if (node.tagName === 'PRE') node.setAttribute('tabindex', '0'); // It scrolls sideways.
});

const allowed = {
  ALLOWED_TAGS: [
    ...['a', 'blockquote', 'br', 'code', 'del', 'em', 'h3', 'h4', 'h5', 'h6', 'hr', 'li', 'ol', 'p', 'pre'],
    ...['strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'],
  ],
  ALLOWED_ATTR: ['align', 'href', 'start'],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

/** Splits a text into its top-level blocks; links holds the references defined so far. */
export function lex(source: string, links: TokensList['links']): TokensList {
  const lexer = new marked.Lexer(marked.defaults);
  lexer.tokens.links = links;
  return lexer.lex(source);
}

/** One block as HTML. */
export function renderBlock(token: Token): string {
  return purifier.sanitize(marked.parser([token]), allowed);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`);
}
