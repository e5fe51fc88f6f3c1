// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { MarkdownBlocks } from '../src/markdown/blocks.ts';

const render = (source: string) => new MarkdownBlocks().update(source).join('').trim();

function parse(source: string): HTMLElement {
  const element = document.createElement('div');
  element.innerHTML = render(source);
  return element;
}

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
  ])('%s', source => {
    const element = parse(source);
    expect(
      element.querySelector('script,img,svg,math,iframe,style,form,input,button,object,embed,link'),
    ).toBeNull();
    for (const node of element.querySelectorAll('*')) {
      expect(node.tagName).toMatch(/^[A-Z0-9]+$/);
      for (const { name, value } of node.attributes) {
        expect(['href', 'target', 'rel', 'align', 'start', 'tabindex']).toContain(name);
        if (name === 'href') expect(value).toMatch(/^(https?|mailto):/);
      }
    }
  });
});

describe('what it may', () => {
  it('shows markup as the text that it is', () => {
    expect(parse('a <b>bold</b> claim').textContent?.trim()).toBe('a <b>bold</b> claim');
  });

  it('keeps the words of an image', () => {
    expect(parse('![a cat](https://evil.example/x.png)').textContent).toContain('a cat');
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

describe('MarkdownBlocks', () => {
  const source = [
    '# Title\n\nA paragraph with **bold** and\na second line.\n\n',
    '- one\n- two\n\n  more of two\n\n1. first\n2. second\n\n',
    '```go\nfunc main() {\n\n}\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n',
    '> quoted\n\n---\n\nSee [this].\n\n[this]: https://a.example\n\nAnd [this] again.\n\nUnder\n===\n',
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
