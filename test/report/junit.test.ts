import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { renderJunit } from '../../src/report/outputs/junit.ts';
import { dependency, judged, lockfileUsed, reportOf } from './fixtures.ts';
import { hostileText } from './hostile.ts';
import { HOSTILE_REPORT, reportWith, STORY } from './output-reports.ts';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** Reads XML 1.0 strictly: saxes refuses what is not well-formed, and every character that XML forbids. */
function parse(xml: string): Element {
  const document: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [document];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = { name, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  });
  parser.on('closetag', () => open.pop());
  parser.write(xml).close();
  const [root] = document.children;
  if (root === undefined) throw new Error('no root element');
  return root;
}

/**
 * What the strictest published schema takes, that of Jenkins' xUnit plugin (junit-10.xsd). Of what is here it does not
 * know `file` of a test, which GitLab and CircleCI read.
 */
const SCHEMA: Readonly<Record<string, { attributes: RegExp; required: readonly string[]; children: RegExp }>> = {
  testsuites: { attributes: /^(?:name|time|tests|failures|errors)$/, required: [], children: /^testsuite$/ },
  testsuite: {
    attributes: /^(?:name|tests|failures|errors|skipped|time|timestamp|hostname|id|package|file|log|url|group)$/,
    required: ['name', 'tests', 'failures', 'errors'],
    children: /^(?:testsuite|properties|testcase|system-out|system-err)$/,
  },
  testcase: {
    attributes: /^(?:name|time|classname|group|file)$/,
    required: ['name'],
    children: /^(?:skipped|error|failure|system-out|system-err)$/,
  },
  failure: { attributes: /^(?:type|message)$/, required: [], children: /^$/ },
  error: { attributes: /^(?:type|message)$/, required: [], children: /^$/ },
  'system-out': { attributes: /^$/, required: [], children: /^$/ },
};

/** What the schema does not take of an element and those in it. */
function wrongIn({ name, attributes, children }: Element): string[] {
  const rule = SCHEMA[name];
  if (rule === undefined) return [name];
  const names = Object.keys(attributes);
  return [
    ...names.filter((each) => !rule.attributes.test(each)).map((each) => `${name} has ${each}`),
    ...rule.required.filter((each) => !names.includes(each)).map((each) => `${name} has no ${each}`),
    ...children.filter((child) => !rule.children.test(child.name)).map((child) => `${name} has ${child.name}`),
    ...children.flatMap(wrongIn),
  ];
}

/** Every suite, with its counts held against what is in it. */
function suitesOf(report: Report): readonly Element[] {
  const root = parse(renderJunit(report));
  expect(root.name).toBe('testsuites');
  expect(wrongIn(root)).toEqual([]);
  for (const suite of root.children) {
    expect(suite.name).toBe('testsuite');
    const having = (name: string): string =>
      String(suite.children.filter(({ children }) => children.some((child) => child.name === name)).length);
    expect(suite.attributes).toMatchObject({
      tests: String(suite.children.length),
      failures: having('failure'),
      errors: having('error'),
    });
    for (const test of suite.children) {
      expect(test.name).toBe('testcase');
      expect(Object.keys(test.attributes)).toEqual(['name', 'classname', 'file']);
    }
  }
  return root.children;
}

describe('JUnit XML', () => {
  test('the parser refuses what XML forbids', () => {
    for (const wrong of ['<a>\u0001</a>', '<a>\ufffe</a>', '<a b="<"/>', '<a>]]></a>', '<a>']) {
      expect(() => parse(wrong), wrong).toThrow();
    }
  });

  test('the schema refuses what is not in it', () => {
    const xml = '<testsuites disabled="1"><testsuite name="a"><testcase/><other/></testsuite></testsuites>';
    expect(wrongIn(parse(xml))).toEqual([
      'testsuites has disabled',
      'testsuite has no tests',
      'testsuite has no failures',
      'testsuite has no errors',
      'testsuite has other',
      'testcase has no name',
      'other',
    ]);
  });

  test('has a suite for each lockfile and a test for each dependency', () => {
    const suites = suitesOf(STORY);
    expect(suites.map(({ attributes }) => attributes['name'])).toEqual([
      'apps/web/package-lock.json',
      'apps/web/tools/package-lock.json',
    ]);
    const outcomes = suites[0]?.children.map(({ attributes, children }) => [attributes['name'], children[0]?.name]);
    expect(outcomes).toEqual([
      ['@scope/rewritten@2.0.0', 'failure'],
      ['axios@1.14.1', 'failure'],
      ['late@3.0.0', 'failure'],
      ['left-pad@1.3.0', 'system-out'],
      ['lived-with@1.2.3', 'system-out'],
      ['proven@1.0.0', undefined],
      ['silent@1.0.0', 'error'],
    ]);
  });

  test('a failure has every finding, the gravest in its message', () => {
    const [failure] = suitesOf(STORY)[0]?.children[1]?.children ?? [];
    expect(failure?.attributes['message']).toMatch(/^error\[provenance-lost\]: axios@1\.14\.1 has no provenance/);
    expect(failure?.text.split('\n')).toHaveLength(2);
  });

  test('what is in two lockfiles is a test of both', () => {
    const files = ['a/package-lock.json', 'b/package-lock.json'];
    const places = files.map((file) => ({ file, line: 2, path: 'node_modules/a' }));
    const lockfiles = [...files, 'c/package-lock.json'].map((file) => lockfileUsed(file, 1));
    const suites = suitesOf(reportOf([judged(dependency('a', '1.0.0', { places }), 'pass')], { lockfiles }));
    expect(suites.map(({ children }) => children.length)).toEqual([1, 1, 0]);
  });

  test('is well-formed whatever the texts say, and of our elements only', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(suitesOf(reportWith(text))[0]?.children).toHaveLength(5);
      }),
      { numRuns: 40 },
    );
    expect(suitesOf(HOSTILE_REPORT)[0]?.children).toHaveLength(5);
  });
});
