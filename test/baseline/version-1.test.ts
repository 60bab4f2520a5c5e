import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBaseline } from '../../src/baseline/file.ts';
import { formatBaseline } from '../../src/baseline/text.ts';

const GOLDEN = join(import.meta.dirname, '../report/golden');

/** A file as the writer of a version wrote it, with hashes and times in the places that chance fills. */
function written(name: string): string {
  const hash = (algorithm: 'sha256' | 'sha512', of: string): string =>
    `${algorithm}-${createHash(algorithm).update(of).digest('base64')}`;
  return readFileSync(join(GOLDEN, name), 'utf8')
    .replaceAll(/\(the hash of [^)]*\)/g, (path) => hash('sha512', path))
    .replaceAll('(a SHA-256)', hash('sha256', 'evidence'))
    .replaceAll('(a time)', '2026-12-31T00:00:00Z');
}

describe('a file of version 1', () => {
  it.each(['init', 'update'])('says what the same baseline says in version 2, for every kind of line (%s)', (name) => {
    const before = parseBaseline('assay.lock', written(`${name}.version-1.assay.lock`));
    const after = parseBaseline('assay.lock', written(`${name}.assay.lock`));
    expect([before.format, after.format]).toEqual([1, 2]);
    // The one hash that no version of this Node makes anew is in both as it was.
    expect(before.content).toEqual(after.content);
    expect(formatBaseline(before.content)).toBe(written(`${name}.assay.lock`));
    expect(parseBaseline('assay.lock', formatBaseline(before.content)).content).toEqual(before.content);
  });

  it('has every kind of line there is', () => {
    const kinds = new Set(written('update.version-1.assay.lock').match(/(?<=^\S+ )[a-z-]+(?= )/gm));
    const others = ['repository-id', 'owner-id', 'signer', 'evidence', 'entry', 'approver', 'capability', 'accepted'];
    expect([...kinds]).toEqual(expect.arrayContaining([...others, 'publisher', 'seen', 'despite', 'expected-runner']));
  });

  const FILE = written('update.version-1.assay.lock');

  it('is read with the line ends of Windows, too', () => {
    const read = parseBaseline('assay.lock', FILE.replaceAll('\n', '\r\n'));
    expect(read).toEqual(parseBaseline('assay.lock', FILE));
  });

  it('without what version 1 could leave out', () => {
    const without = FILE.replaceAll(/^lost@1\.1\.0 (?:entry|publisher|published|capability) .*\n/gm, '');
    const entry = parseBaseline('assay.lock', without).content.packages.get('npm:lost')?.versions.get('1.1.0');
    expect(entry).toMatchObject({ publisher: null, published: null, capabilities: null });
    expect(entry).not.toHaveProperty('entry');
    const alone = FILE.replaceAll(/^approved@1\.0\.0 (?:publisher|published) .*\n/gm, '');
    const { content } = parseBaseline('assay.lock', alone);
    expect(content.packages.get('npm:approved')?.versions.get('1.0.0')).toMatchObject({
      ...{ publisher: null, approver: 'bob', published: null },
    });
  });

  it.each<[string, string | RegExp, string, string | RegExp, RegExp]>([
    [
      'an unknown field',
      'lost@1.1.0 provenance',
      'lost@1.1.0 provenence',
      'lost@1.1.0 provenance',
      /provenence is no field/,
    ],
    ['another ecosystem', 'lost package npm', 'lost package pypi', 'lost package npm', /package stands alone/],
    [
      'a short hash',
      /lost@1\.1\.0 integrity .*/,
      'lost@1.1.0 integrity sha512-AA==',
      'lost@1.1.0 integrity',
      /artifact reads/,
    ],
    ['a publisher twice', /(lost@1\.1\.0 publisher .*\n)/, '$1$1', 'lost@1.1.0 published', /has published twice/],
    [
      'an entry without evidence',
      /lost@1\.1\.0 evidence .*\n/,
      '',
      'lost@1.1.0 entry',
      /entry is no field of a version/,
    ],
    [
      'a field of version 2',
      'lost@1.1.0 evidence',
      'lost@1.1.0 verified',
      'lost@1.1.0 evidence',
      /not a line of the form/,
    ],
    ['a subject of version 2', 'lost package npm', 'npm:lost package', 'lost package npm', /not a line of the form/],
    [
      'two values of version 2 in one',
      /lost@1\.1\.0 publisher .*/,
      'lost@1.1.0 publisher bob approved by alice',
      'lost@1.1.0 publisher',
      /not a line of the form/,
    ],
    [
      'an accepted contradiction',
      'accepted provenance-lost',
      'accepted integrity-mismatch',
      'lost@1.1.0 accepted',
      /cannot be accepted/,
    ],
  ])('is refused with its line as before: %s', (_, from, to, at, message) => {
    const altered = FILE.replace(from, to);
    expect(altered).not.toBe(FILE);
    const line = FILE.split('\n').findIndex((text) => text.startsWith(String(at))) + 1;
    // What is taken out or put in before it moves the line.
    const moved = altered.split('\n').length - FILE.split('\n').length;
    expect(() => parseBaseline('assay.lock', altered)).toThrow(message);
    expect(() => parseBaseline('assay.lock', altered)).toThrow(
      new RegExp(`^assay\\.lock:(?:${line}|${line + moved}): `),
    );
  });

  it('names the builder of no version, though the reason of an acceptance may read like that', () => {
    const [, of = '', digest = ''] = /^npm:(\S+) provenance proven by (\S+)$/m.exec(written('update.assay.lock')) ?? [];
    const named = FILE.replace(`\n${of} provenance proven\n`, `\n${of} provenance proven by ${digest}\n`);
    expect(named).not.toBe(FILE);
    expect(() => parseBaseline('assay.lock', named)).toThrow(
      `not as assay writes it: "npm:${of} provenance proven" belongs here`,
    );
    const because = FILE.replace(/(?<= accepted .* because ).*/, '"it has provenance proven by us"');
    expect(because).not.toBe(FILE);
    expect(parseBaseline('assay.lock', because).content.accepted[0]?.why).toBe('it has provenance proven by us');
  });

  it('with a conflict, or a first line of its own, is refused', () => {
    const conflict = FILE.replace('lost package npm\n', 'lost package npm\n<<<<<<< HEAD\n');
    expect(() => parseBaseline('assay.lock', conflict)).toThrow(/an unresolved merge conflict/);
    expect(() => parseBaseline('assay.lock', FILE.replace('reviewed by people', ''))).toThrow(/the first line is not/);
  });
});
