// @vitest-environment jsdom
import { beforeAll, describe, expect, it } from 'vitest';
import { startLanguages } from '../src/i18n/index.ts';
import { MarkdownBlocks } from '../src/markdown/blocks.ts';
import { highlight, nameOf } from '../src/markdown/highlight.ts';
import { toMathMl } from '../src/markdown/katex.ts';
import { patch } from '../src/markdown/patch.ts';
import { safeText } from '../src/markdown/render.ts';

beforeAll(startLanguages);

function parse(source: string): HTMLElement {
  const element = document.createElement('div');
  for (const html of new MarkdownBlocks().update(source)) element.append(safeText(html));
  return element;
}

const render = (source: string) => parse(source).innerHTML.trim();

const active =
  'script,img,svg,math,iframe,style,form,input,button,object,embed,link,base,meta,video,audio,source,template';

/** Fails where a node could run, fetch, or pass for a part of the page. */
function expectHarmless(element: ParentNode): void {
  expect(element.querySelector(active)).toBeNull();
  for (const node of element.querySelectorAll('*')) {
    expect(node.tagName).toMatch(/^([A-Z0-9]+|MIXTAB-CODE|MIXTAB-MATHS)$/);
    for (const { name, value } of node.attributes) {
      expect([...attributes, 'class', 'role', 'aria-label']).toContain(name);
      if (name === 'href') expect(value).toMatch(/^(https?|mailto):/);
      if (name === 'class') expect(value).toBe('table');
    }
  }
}

const attributes = ['href', 'target', 'rel', 'align', 'start', 'tabindex', 'language', 'display'];

describe('what a model may not do', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '![tracker](https://evil.example/x.png)',
    '![x](javascript:alert(1))',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](java&#x0A;script:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](vbscript:msgbox(1))',
    '<a href="javascript:alert(1)">x</a>',
    '<svg><animate onbegin=alert(1) attributeName=x></svg>',
    '<math><mtext><style><img src onerror=alert(1)></style></mtext></math>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<style>*{display:none}</style>',
    '<form action=https://evil.example><input name=q><button>Send</button></form>',
    '<p style="position:fixed;inset:0" onclick=alert(1) id=app class=primary>x</p>',
    '<mixtab-composer></mixtab-composer>',
    '```"><img src=x onerror=alert(1)>\ncode\n```',
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x]: javascript:alert(1)\n\n[x]',
    '| a |\n|---|\n| <img src=x onerror=alert(1)> |',
    '<!--><img src=x onerror=alert(1)>-->',
    '<![CDATA[<img src=x onerror=alert(1)>]]>',
    // Mutation XSS: markup that reads otherwise when it is parsed again.
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
    '<template><s><template><s><img src=x onerror=alert(1)>x</s></template>',
    '<p id="</textarea><img src=x onerror=alert(1)>"><textarea>',
    '<a href="&#1;javascript:alert(1)">x</a>',
    '[x](http://a.example/"onmouseover="alert(1))',
    '![x" onerror="alert(1)](https://evil.example/x.png)',
    '![<svg onload=alert(1)>](https://evil.example/x.png)',
    '```js" onclick="alert(1)\nx\n```',
    '```<img/src/onerror=alert(1)>\nx\n```',
    '$</mixtab-maths><img src=x onerror=alert(1)>$',
    '$$\n<script>alert(1)</script>\n$$',
    '<mixtab-code language="x"><img src=x onerror=alert(1)></mixtab-code>',
    '<link rel=prefetch href=https://evil.example>',
    '<base href=https://evil.example><meta http-equiv=refresh content=0>',
    '<video src=https://evil.example autoplay></video><audio src=x onerror=alert(1)>',
    '<https://evil.example/<img>>',
  ])('%s', source => expectHarmless(parse(source)));

  it('gets nothing through a formula', () => {
    for (const tex of [
      '\\href{javascript:alert(1)}{x}',
      '\\url{javascript:alert(1)}',
      '\\includegraphics{https://evil.example/x.png}',
      '\\htmlClass{primary}{x}',
      '\\htmlStyle{position:fixed}{x}',
      '\\htmlData{x=y}{x}',
      '\\text{<img src=x onerror=alert(1)>}',
      '\\text{</math><script>alert(1)</script>}',
    ]) {
      const formula = toMathMl(tex, true);
      if (!formula) continue;
      expect(formula.querySelector('img,script,a,[href],[style],[class],[onerror]')).toBeNull();
      for (const node of formula.querySelectorAll('*')) {
        expect(node.namespaceURI).toBe('http://www.w3.org/1998/Math/MathML');
      }
    }
  });

  it('gets nothing through highlighted code', () => {
    const code = '<img src=x onerror=alert(1)><script>alert(1)</script><style>*{}</style>';
    for (const language of ['html', 'markdown', 'php', 'javascript', 'css']) {
      const nodes = highlight(code, language);
      expect(nodes?.querySelector(active)).toBeNull();
      expect(nodes?.textContent).toBe(code);
    }
  });
});

describe('what it may', () => {
  it('shows markup as the text that it is', () => {
    expect(parse('a <b>bold</b> claim').textContent?.trim()).toBe('a <b>bold</b> claim');
  });

  it('shows an image as a link that says what it is and where it lies', () => {
    const link = parse('![a cat](https://pictures.example/x.png)').querySelector('a');
    expect(link?.textContent).toBe('Image: a cat (pictures.example)');
    expect(link?.href).toBe('https://pictures.example/x.png');
    expect(parse('![](https://pictures.example/x.png)').textContent).toContain('Image');
  });

  it('says where a link leads, unless its words do', () => {
    expect(parse('[your bank](https://evil.example/login)').textContent).toContain('(evil.example)');
    expect(parse('https://a.example/page').textContent?.trim()).toBe('https://a.example/page');
  });

  it('lets a table scroll in its own box', () => {
    const box = parse('| a |\n|---|\n| 1 |').querySelector('.table');
    expect(box?.getAttribute('tabindex')).toBe('0');
    expect(box?.getAttribute('aria-label')).toBe('Table');
    expect(box?.querySelector('td')?.textContent).toBe('1');
  });

  it('tells the language of code', () => {
    const code = parse('```go title=main\nfunc main() {\n}\n```').querySelector('mixtab-code');
    expect(code?.getAttribute('language')).toBe('go');
    expect(code?.textContent).toBe('func main() {\n}');
    expect(nameOf('golang')).toBe('Go');
    expect(nameOf('no-such-language')).toBeUndefined();
    expect(highlight('x', 'no-such-language')).toBeUndefined();
    expect(highlight('return 1', 'go')?.querySelector('.hljs-keyword')?.textContent).toBe('return');
  });

  it('opens links elsewhere, without a way back', () => {
    const link = parse('[x](https://a.example)').querySelector('a');
    expect(link?.target).toBe('_blank');
    expect(link?.rel).toBe('noopener noreferrer nofollow');
  });

  it('lowers headings below those of the page', () => {
    expect(render('# Top')).toBe('<h3>Top</h3>');
  });
});

describe('formulas', () => {
  const formulas = (source: string) =>
    [...parse(source).querySelectorAll('mixtab-maths')].map(
      node => `${node.hasAttribute('display') ? 'display' : 'inline'} ${node.textContent}`,
    );

  it.each([
    ['a $x^2$ b', ['inline x^2']],
    ['$a_1*b$ and $c*d_2$', ['inline a_1*b', 'inline c*d_2']],
    ['\\(a\\) and \\[b\\]', ['inline a', 'display b']],
    ['$$\nE = mc^2\n$$', ['display E = mc^2']],
    ['so:\n\\[\nx\n\\]\nthen', ['display x']],
    ['- one $x$\n- two', ['inline x']],
    ['costs $5 and $10', []],
    ['between $5-$10', []],
    ['a $ b $ c', []],
    ['`$x$`', []],
    ['\\$x\\$', []],
    ['$$\na\n\nb\n$$', []],
  ])('%s', (source, want) => {
    expect(formulas(source)).toEqual(want);
  });

  it('become MathML', () => {
    const formula = toMathMl('\\frac{a}{b}', true)?.querySelector('math');
    expect(formula?.getAttribute('display')).toBe('block');
    expect(formula?.querySelector('mfrac mi')?.textContent).toBe('a');
  });

  it('stay as they are written where they are no TeX', () => {
    expect(toMathMl('\\frac{', false)).toBeUndefined();
    expect(toMathMl('\\nosuchthing', false)).toBeUndefined();
  });
});

describe('patch', () => {
  it('keeps what is already so', () => {
    const target = document.createElement('div');
    patch(target, safeText('<p>one <em>two</em></p><ul><li>a</li></ul>'));
    const [paragraph, list] = target.children;
    patch(target, safeText('<p>one <em>two</em> three</p><ul><li>a</li><li>b</li></ul>'));
    expect([...target.children]).toEqual([paragraph, list]);
    expect(target.innerHTML).toBe('<p>one <em>two</em> three</p><ul><li>a</li><li>b</li></ul>');
  });

  it.each([
    ['<p>a</p>', ''],
    ['', '<p>a</p>'],
    ['<p>a</p><p>b</p>', '<ul><li>a</li></ul>'],
    ['<ol start="2"><li>a</li></ol>', '<ol><li>a</li></ol>'],
    ['<ol><li>a</li></ol>', '<ol start="3"><li><em>a</em>b</li></ol>'],
    ['a<br>b<br>c', 'a<br>c'],
  ])('makes %j to %j', (from, to) => {
    const target = document.createElement('div');
    patch(target, safeText(from));
    patch(target, safeText(to));
    expect(target.innerHTML).toBe(to);
  });
});

describe('MarkdownBlocks', () => {
  const source = [
    '# Title\n\nA paragraph with **bold** and\na second line.\n\n',
    '- one\n- two\n\n  more of two\n\n1. first\n2. second\n\n',
    '```go\nfunc main() {\n\n}\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n',
    '> quoted\n\n---\n\nSee [this].\n\n[this]: https://a.example\n\nAnd [this] again.\n\nUnder\n===\n\n',
    'So:\n\n$$\n- x\n= y\n$$\n\nand \\[\nz\n\\]\n\n$$ is no formula\n\n- end\n',
  ].join('');

  it('ends with the same blocks whether the text grew or came at once', () => {
    const grown = new MarkdownBlocks();
    for (let end = 1; end < source.length; end++) grown.update(source.slice(0, end));
    expect(grown.update(source)).toEqual(new MarkdownBlocks().update(source));
  });

  it('does not touch earlier blocks while text is added', () => {
    const blocks = new MarkdownBlocks();
    const before = blocks.update('one\n\ntwo\n\nthr');
    const after = blocks.update('one\n\ntwo\n\nthree');
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after).toHaveLength(3);
  });

  it('starts again when the text is another one', () => {
    const blocks = new MarkdownBlocks();
    blocks.update('one\n\ntwo');
    expect(blocks.update('three')).toEqual(['<p>three</p>\n']);
  });
});
