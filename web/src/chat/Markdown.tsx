import { Marked, type Token, type Tokens } from 'marked';
import { Fragment, memo, useMemo, type ReactNode } from 'react';
import { Code } from './Code';

/**
 * Markdown as elements, never as HTML: what a model or a person writes has no way to become markup. Links go to http, https and mail addresses only; pictures
 * come from data only; HTML is shown as the text that it is; formulas stay as they were written.
 */
export const Markdown = memo(function Markdown({ text }: { text: string }): ReactNode {
  const tokens = useMemo(() => parse(text), [text]);
  const levels = useMemo(() => headingLevels(tokens), [tokens]);
  return <div className="markdown">{tokens.map((token, i) => <Block key={i} token={token} raw={token.raw} level={levels[i] ?? 2} />)}</div>;
});

/** The level of each block's headings. The page's own is the first; a text's go on from the second and skip none, however it numbers them. */
export function headingLevels(tokens: readonly Token[]): number[] {
  const open: number[] = [];
  return tokens.map((token) => {
    if (token.type !== 'heading') return Math.min(6, open.length + 2);
    const { depth } = token as Tokens.Heading;
    while (open.length > 0 && open.at(-1)! >= depth) open.pop();
    open.push(depth);
    return Math.min(6, open.length + 1);
  });
}

const longest = 200_000;
const parser = new Marked({ gfm: true, breaks: false });
parser.use({
  extensions: [
    {
      name: 'formula',
      level: 'inline',
      start: (source: string) => source.search(/\$|\\\(|\\\[/),
      tokenizer(source: string) {
        const match = /^(?:\$\$[^$]+\$\$|\$(?!\s)[^$\n]*[^$\s\\]\$(?!\d)|\\\([\s\S]+?\\\)|\\\[[\s\S]+?\\\])/.exec(source);
        return match ? { type: 'formula', raw: match[0], text: match[0] } : undefined;
      },
    },
  ],
});

function parse(text: string): Token[] {
  // A text that is too long for a person to read is shown plain; reading it as markdown could take seconds.
  return text.length > longest ? [{ type: 'text', raw: text, text } as Tokens.Text] : parser.lexer(text);
}

// A block that has not changed is not drawn again: while a reply grows, only its last block does.
const Block = memo(
  function Block({ token, level }: { token: Token; raw: string; level: number }): ReactNode {
    return block(token, level);
  },
  (a, b) => a.raw === b.raw && a.token.type === b.token.type && a.level === b.level,
);

function block(token: Token, level: number): ReactNode {
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'heading': {
      const Level = `h${level}` as 'h2';
      return <Level>{inline((token as Tokens.Heading).tokens)}</Level>;
    }

    case 'paragraph':
      return <p>{inline((token as Tokens.Paragraph).tokens)}</p>;
    case 'code': {
      const { text, lang } = token as Tokens.Code;
      return <Code text={text} language={lang?.split(/\s/)[0] ?? ''} />;
    }

    case 'blockquote':
      return <blockquote>{(token as Tokens.Blockquote).tokens.map((t, i) => <Fragment key={i}>{block(t, level)}</Fragment>)}</blockquote>;
    case 'list': {
      const { ordered, start, items } = token as Tokens.List;
      const rows = items.map((item, i) => (
        <li key={i} className={item.task ? 'task' : undefined}>
          {item.task && <input type="checkbox" checked={item.checked ?? false} readOnly aria-label={item.checked ? 'done' : 'to do'} />}
          {item.tokens.map((t, k) => <Fragment key={k}>{block(t, level)}</Fragment>)}
        </li>
      ));
      return ordered ? <ol start={typeof start === 'number' ? start : 1}>{rows}</ol> : <ul>{rows}</ul>;
    }

    case 'table': {
      const { header, rows } = token as Tokens.Table;
      return (
        <div className="table" role="region" aria-label="Table" tabIndex={0}>
          <table>
            <thead>
              <tr>{header.map((cell, i) => <th key={i} scope="col" data-align={cell.align ?? undefined}>{inline(cell.tokens)}</th>)}</tr>
            </thead>
            <tbody>
              {rows.map((row, i) => <tr key={i}>{row.map((cell, k) => <td key={k} data-align={cell.align ?? undefined}>{inline(cell.tokens)}</td>)}</tr>)}
            </tbody>
          </table>
        </div>
      );
    }

    case 'hr':
      return <hr />;
    case 'html':
      return <p className="raw">{(token as Tokens.HTML).raw.trimEnd()}</p>;
    case 'text': {
      const { tokens, text } = token as Tokens.Text;
      return tokens ? <>{inline(tokens)}</> : <>{decode(text)}</>;
    }

    default:
      return <p className="raw">{token.raw}</p>;
  }
}

function inline(tokens: Token[] | undefined): ReactNode {
  return (tokens ?? []).map((token, i) => <Fragment key={i}>{span(token)}</Fragment>);
}

function span(token: Token): ReactNode {
  switch (token.type) {
    case 'strong':
      return <strong>{inline((token as Tokens.Strong).tokens)}</strong>;
    case 'em':
      return <em>{inline((token as Tokens.Em).tokens)}</em>;
    case 'del':
      return <del>{inline((token as Tokens.Del).tokens)}</del>;
    case 'codespan':
      return <code>{decode((token as Tokens.Codespan).text)}</code>;
    case 'br':
      return <br />;
    case 'formula':
      return <code className="formula">{(token as Tokens.Generic).raw}</code>;
    case 'link': {
      const { href, tokens } = token as Tokens.Link;
      const address = safeLink(href);
      return address ? <a href={address} target="_blank" rel="noopener noreferrer nofollow">{inline(tokens)}</a> : <span className="unsafe" title="This link was not safe and was taken away.">{inline(tokens)}</span>;
    }

    case 'image': {
      const { href, text } = token as Tokens.Image;
      return safeImage(href) ? <img src={href} alt={text} loading="lazy" /> : <span className="unsafe" title="Pictures from elsewhere are not loaded: who holds them would see that you read this.">[{text || 'picture'}]</span>;
    }

    case 'text': {
      const { tokens, text } = token as Tokens.Text;
      return tokens ? inline(tokens) : decode(text);
    }

    case 'escape':
      return (token as Tokens.Escape).text;
    default:
      return token.raw;
  }
}

/** The address of a link that may be opened; null for one that may not. */
export function safeLink(href: string): string | null {
  try {
    const address = new URL(href);
    return address.protocol === 'https:' || address.protocol === 'http:' || address.protocol === 'mailto:' ? address.href : null;
  } catch {
    return null;
  }
}

/** Whether a picture stands in its own address, in a form that cannot hold a script. */
export function safeImage(href: string): boolean {
  return /^data:image\/(png|jpeg|gif|webp);base64,[a-z0-9+/=\s]+$/i.test(href);
}

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };

// The parser escapes a few characters for HTML, which this is not.
function decode(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
}
