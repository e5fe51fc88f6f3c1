// Markdown to nodes that are safe to show. Nothing that a model writes may run a script,
// style the page or fetch anything: an image would tell its host what was said. All markup
// of the page that is not a template passes through here.

import DOMPurify, { type Config } from 'dompurify';
import { Marked, Renderer, type Token, type TokensList } from 'marked';
import type { TrustedTypePolicy, TrustedTypePolicyFactory } from 'trusted-types/lib';
import { t } from '../i18n/index.ts';
import { type MathsToken, mathsBlock, mathsInline } from './maths.ts';

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: [mathsBlock, mathsInline, { name: 'maths', renderer: token => formula(token as MathsToken) }],
  renderer: {
    html: ({ text }) => escapeHtml(text),
    link({ href, tokens }) {
      return anchor(href, this.parser.parseInline(tokens));
    },
    // Shown as what it is and where it lies, for the reader to fetch or not.
    image: ({ href, text }) => anchor(href, escapeHtml(text ? t('talk.imageOf', { text }) : t('talk.image'))),
    // Headings of answers lie below those of the page.
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + 2);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
    checkbox: ({ checked }) => (checked ? '[x] ' : '[ ] '),
    code: ({ text, lang }) =>
      `<mixtab-code language="${escapeHtml(/^[^\s{,]*/.exec(lang ?? '')?.[0] ?? '')}">${escapeHtml(text)}</mixtab-code>\n`,
    // A wide table scrolls within its own box.
    table(token) {
      const table = Renderer.prototype.table.call(this as Renderer, token);
      return `<div class="table" role="group" tabindex="0" aria-label="${escapeHtml(t('talk.table'))}">${table}</div>\n`;
    },
  },
});

const tags = {
  text: [
    ...['a', 'blockquote', 'br', 'code', 'del', 'div', 'em', 'h3', 'h4', 'h5', 'h6', 'hr', 'li', 'ol', 'p'],
    ...['small', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'],
  ],
  maths: [
    ...['math', 'semantics', 'annotation', 'maction', 'menclose', 'merror', 'mfrac', 'mi', 'mn', 'mo'],
    ...['mover', 'mpadded', 'mphantom', 'mprescripts', 'mroot', 'mrow', 'ms', 'mspace', 'msqrt', 'mstyle'],
    ...['msub', 'msubsup', 'msup', 'mtable', 'mtd', 'mtext', 'mtr', 'munder', 'munderover'],
  ],
};

const attributes = {
  text: ['align', 'aria-label', 'class', 'href', 'role', 'start', 'tabindex'],
  maths: [
    ...['accent', 'accentunder', 'columnalign', 'columnlines', 'columnspacing', 'depth', 'display'],
    ...['displaystyle', 'encoding', 'fence', 'form', 'height', 'linethickness', 'lspace', 'mathvariant'],
    ...['maxsize', 'minsize', 'movablelimits', 'notation', 'rowlines', 'rowspacing', 'rspace', 'scriptlevel'],
    ...['separator', 'stretchy', 'symmetric', 'voffset', 'width', 'xmlns'],
  ],
};

const policy = (
  window as { trustedTypes?: Pick<TrustedTypePolicyFactory, 'createPolicy'> }
).trustedTypes?.createPolicy(
  'mixtab-markdown',
  // DOMPurify parses what it is to clean, in a document that runs and fetches nothing.
  {
    createHTML: html => html,
    createScriptURL: url => {
      throw new TypeError(`Markdown loads no scripts, and not ${url}`);
    },
  },
);

const common: Config = { ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false, RETURN_DOM_FRAGMENT: true };

/** What stays of the HTML of a Markdown block. */
export const safeText = purifier({
  ALLOWED_TAGS: tags.text,
  ALLOWED_ATTR: attributes.text,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ADD_URI_SAFE_ATTR: ['align', 'aria-label', 'start', 'tabindex'],
  CUSTOM_ELEMENT_HANDLING: {
    tagNameCheck: /^mixtab-(?:code|maths)$/,
    attributeNameCheck: /^(?:language|display)$/,
    allowCustomizedBuiltInElements: false,
  },
});

/** What stays of the HTML of highlighted code: its spans. */
export const safeCode = purifier({ ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'] });

/** What stays of the MathML of a formula. */
export const safeMaths = purifier({ ALLOWED_TAGS: tags.maths, ALLOWED_ATTR: attributes.maths });

/** Splits a text into its top-level blocks; links holds the references defined so far. */
export function lex(source: string, links: TokensList['links']): TokensList {
  const lexer = new marked.Lexer(marked.defaults);
  lexer.tokens.links = links;
  return lexer.lex(source);
}

/** One block as HTML, which only safeText may turn into nodes. */
export function toHtml(token: Token): string {
  return marked.parser([token]);
}

function formula({ tex, display }: MathsToken): string {
  return `<mixtab-maths${display ? ' display=""' : ''}>${escapeHtml(tex)}</mixtab-maths>`;
}

/** A link that says where it leads, unless its words do. */
function anchor(href: string, words: string): string {
  const place = host(href);
  const note = place === '' || words.includes(place) ? '' : ` <small>(${escapeHtml(place)})</small>`;
  return `<a href="${escapeHtml(href)}">${words}${note}</a>`;
}

function host(href: string): string {
  return URL.canParse(href) ? new URL(href).host : '';
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`);
}

/** DOMPurify with one set of rules. It parses under our Trusted Types policy, the page's only one beside Lit's. */
function purifier(rules: Config): (html: string) => DocumentFragment {
  const purify = DOMPurify(window);
  purify.addHook('afterSanitizeAttributes', node => {
    if (node.tagName === 'A') {
      node.setAttribute('target', '_blank');
      node.setAttribute('rel', 'noopener noreferrer nofollow');
    }
  });
  const config = {
    ...common,
    ...rules,
    ...(policy && { TRUSTED_TYPES_POLICY: policy as TrustedTypePolicy }),
  };
  return html => purify.sanitize(html, config) as unknown as DocumentFragment;
}
