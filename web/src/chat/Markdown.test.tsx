import { Marked } from 'marked';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { headingLevels, Markdown, safeImage, safeLink } from './Markdown';

const drawn = (text: string): string => renderToStaticMarkup(<Markdown text={text} />);

describe('safeLink', () => {
  it.each(['https://a.example/b?c=d#e', 'http://a.example/', 'mailto:me@a.example'])('lets %s be opened', (href) => expect(safeLink(href)).toBe(href));
  it.each([
    'javascript:alert(1)', 'JAVASCRIPT:alert(1)', ' javascript:alert(1)', 'java\tscript:alert(1)', 'java\nscript:alert(1)', '\u0001javascript:alert(1)', 'vbscript:x', 'data:text/html,x', 'file:///etc/passwd',
    'blob:https://a.example/1', '//a.example', '/api/v1/logout', 'ftp://a.example', 'intent://a', '', 'x',
  ])('lets %j not be opened', (href) => expect(safeLink(href)).toBeNull());
});

describe('safeImage', () => {
  it.each(['data:image/png;base64,iVBORw0KGgo=', 'data:image/webp;base64,AAAA', 'data:image/jpeg;base64,AAAA', 'data:image/gif;base64,R0lG'])('shows %s', (href) => expect(safeImage(href)).toBe(true));
  it.each(['https://a.example/x.png', '/x.png', 'data:image/svg+xml;base64,AAAA', 'data:text/html;base64,AAAA', 'data:image/png,<svg>', 'data:image/png;base64,AAAA"onerror="x'])('does not show %s', (href) =>
    expect(safeImage(href)).toBe(false));
});

describe('Markdown', () => {
  it('shows HTML as the text that it is', () => {
    expect(drawn('<script>alert(1)</script>')).toBe('<div class="markdown"><p class="raw">&lt;script&gt;alert(1)&lt;/script&gt;</p></div>');
    expect(drawn('a <b onclick=x>b</b>')).toBe('<div class="markdown"><p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p></div>');
  });

  it('leaves formulas as they were written, and money alone', () => {
    expect(drawn('$a_1 * b_2$')).toContain('<code class="formula">$a_1 * b_2$</code>');
    expect(drawn('$$\\sum_i x_i$$')).toContain('<code class="formula">$$\\sum_i x_i$$</code>');
    expect(drawn('\\(x*y*z\\) and \\[a\\]')).toContain('<code class="formula">\\(x*y*z\\)</code> and <code class="formula">\\[a\\]</code>');
    expect(drawn('It costs $5 or $6.')).toBe('<div class="markdown"><p>It costs $5 or $6.</p></div>');
  });

  it('shows characters as they were typed', () => {
    expect(drawn('1 < 2 & "so" \'on\' `a < b`')).toBe('<div class="markdown"><p>1 &lt; 2 &amp; &quot;so&quot; &#x27;on&#x27; <code>a &lt; b</code></p></div>');
  });

  it('shows a text plain that is too long to be read as markdown', () => {
    expect(drawn(`**${'x'.repeat(200_001)}**`)).not.toContain('<strong>');
  });

  it('skips no level of headings, however a text numbers them', () => {
    const levels = (text: string): number[] => {
      const tokens = new Marked().lexer(text);
      return headingLevels(tokens).filter((_, i) => tokens[i]!.type === 'heading');
    };
    expect(levels('# a\n## b\n# c')).toEqual([2, 3, 2]);
    expect(levels('### a\n# b\n###### c\n### d')).toEqual([2, 2, 3, 3]);
    expect(levels('# 1\n## 2\n### 3\n#### 4\n##### 5\n###### 6')).toEqual([2, 3, 4, 5, 6, 6]);
  });
});
