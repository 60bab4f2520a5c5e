import { createHash } from 'node:crypto';
import { parse, type DefaultTreeAdapterTypes, type ParserError } from 'parse5';
import { expect } from 'vitest';

type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.Node;

/**
 * Every element of a page, and what a strict reader of HTML finds wrong with it; `noscript` is read as without a
 * script.
 */
export function read(page: string): { elements: Element[]; errors: string[]; text: string } {
  const errors: string[] = [];
  const onParseError = ({ code, startLine }: ParserError): void => void errors.push(`${code} in line ${startLine}`);
  const document = parse(page, { scriptingEnabled: false, onParseError, sourceCodeLocationInfo: true });
  const elements: Element[] = [];
  let text = '';
  const walk = (node: Node): void => {
    if ('value' in node) text += node.value;
    if ('tagName' in node) elements.push(node);
    if ('childNodes' in node) node.childNodes.forEach(walk);
  };
  walk(document);
  return { elements, errors, text };
}

export const attributeOf = (element: Element, name: string): string | null =>
  element.attrs.find((attribute) => attribute.name === name)?.value ?? null;

export const named = (elements: readonly Element[], name: string): Element[] =>
  elements.filter((each) => each.tagName === name);

/** The only one, or the first. */
export function the([first]: readonly Element[]): Element {
  if (first === undefined) throw new Error('there is none');
  return first;
}

export const contentOf = (element: Element): string =>
  element.childNodes.map((node) => ('value' in node ? node.value : 'tagName' in node ? contentOf(node) : '')).join('');

/** The text as it is read: white space is one space. */
export const textOf = (element: Element): string => contentOf(element).replace(/\s+/g, ' ').trim();

/** What would load something, or send something. */
const FETCHING = ['link', 'img', 'iframe', 'object', 'embed', 'audio', 'video', 'source', 'base', 'use', 'image'];

/**
 * Expects a page that a browser may run its own scripts and style of, by their hashes, and nothing else; that fetches
 * nothing; and that leads only to places in itself and to addresses it shows.
 */
export function expectSelfContained(page: string, scripts: number): void {
  const { elements, errors } = read(page);
  expect(errors).toEqual([]);
  const [policy = ''] = elements.flatMap((each) =>
    attributeOf(each, 'http-equiv') === 'Content-Security-Policy' ? (attributeOf(each, 'content') ?? []) : [],
  );
  const digest = (element: Element): string =>
    `'sha256-${createHash('sha256').update(contentOf(element)).digest('base64')}'`;
  const allowed = (directive: string): string[] =>
    new RegExp(`${directive} ([^;]*)`).exec(policy)?.[1]?.split(' ') ?? [];
  const running = named(elements, 'script').filter((script) => attributeOf(script, 'type') === null);
  expect(running).toHaveLength(scripts);
  expect(running.map(digest).filter((hash) => !allowed('script-src').includes(hash))).toEqual([]);
  expect(allowed('script-src')).toHaveLength(2);
  expect(allowed('style-src')).toEqual(named(elements, 'style').map(digest));
  expect(named(elements, 'style')).toHaveLength(1);
  expect(policy).toMatch(/^default-src 'none'; /);
  expect(policy).not.toMatch(/unsafe|https?:|\*/);

  expect(elements.filter(({ tagName }) => FETCHING.includes(tagName))).toEqual([]);
  const attributes = elements.flatMap(({ attrs }) => attrs.map(({ name }) => name));
  expect(attributes.filter((name) => /^(on|src|srcset|style$|action|formaction|ping|background)/.test(name))).toEqual(
    [],
  );
  expect(textOf(the(named(elements, 'style')))).not.toMatch(/url\(|@import/);
  for (const anchor of named(elements, 'a')) {
    const target = attributeOf(anchor, 'href') ?? '';
    if (target.startsWith('#')) continue;
    expect(target).toMatch(/^https:\/\//);
    expect(textOf(anchor)).toBe(target);
    expect(attributeOf(anchor, 'rel')).toBe('noreferrer noopener');
  }
}
