import MarkdownIt from 'markdown-it';
import { expect } from 'vitest';

/** Reads CommonMark as GitHub extends it: with tables, HTML, and links made of bare addresses. */
const reader = new MarkdownIt({ html: true, linkify: true });

/** The names of all parts of a text that Markdown has, in order. */
export function partsOf(markdown: string): string[] {
  return tokensOf(markdown).map(({ type }) => type);
}

function tokensOf(markdown: string): ReturnType<typeof reader.parse> {
  return reader.parse(markdown, {}).flatMap((token) => [token, ...(token.children ?? [])]);
}

/** Expects no link and no picture in it, nobody mentioned, and no HTML that is not `ours`. */
export function expectInertMarkdown(markdown: string, ours = /(?!)/): void {
  const tokens = tokensOf(markdown);
  expect(tokens.map(({ type }) => type).filter((type) => /^(?:link|image|html_inline)/.test(type))).toEqual([]);
  const written = (type: string): string[] =>
    tokens.filter((token) => token.type === type).map(({ content }) => content);
  expect(written('html_block').filter((html) => !ours.test(html))).toEqual([]);
  expect(written('text').filter((text) => /@\w|#\d|:\/\//.test(text))).toEqual([]);
}
