import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OF_CARGO } from './vectors/of-cargo.ts';
import { OF_GO } from './vectors/of-go.ts';
import { OF_PYPI } from './vectors/of-pypi.ts';
import { foundIn, type Three, type Vector } from './vectors/vector.ts';

const VECTORS: Readonly<Record<string, Three>> = { ...OF_GO, ...OF_PYPI, ...OF_CARGO };

describe.each<[string, Three]>(Object.entries(VECTORS))('%s', (code, three) => {
  it.each(Object.entries<Vector>({ ...three }).map(([kind, vector]) => ({ kind, ...vector })))(
    '$kind: $what',
    async ({ status, finds, play }) => {
      const outcome = await play();
      expect({ status: outcome.status, finds: foundIn(outcome) }).toEqual({ status, finds });
    },
  );

  it('is found in the one that fails, and not in the one that passes; the tampered one is noticed', () => {
    const { passing, failing, tampered } = three;
    expect([passing.status, passing.finds]).toEqual([0, []]);
    expect(failing.finds.map((one) => one.replace(' (note)', ''))).toContain(code);
    expect(tampered.finds).not.toEqual([]);
  });
});

describe('codes of one of these ecosystems', () => {
  const SRC = join(import.meta.dirname, '../../src');
  /** Folders and files that are an ecosystem's own. */
  const OWN = /[/\\](?:go|pypi|cargo)(?:[/\\]|\.ts$)/;

  it('have three vectors each, and no other code has: npm has its own in chain.test.ts', () => {
    const raised = new Map<string, boolean>();
    for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.ts'))) {
      const text = readFileSync(join(SRC, file), 'utf8');
      for (const [, code = ''] of text.matchAll(/\bfinding\(\s*'([a-z-]+)'/g)) {
        raised.set(code, (raised.get(code) ?? true) && OWN.test(join('/', file)));
      }
    }
    const own = [...raised].flatMap(([code, isOwn]) => (isOwn ? [code] : []));
    expect(Object.keys(VECTORS).sort()).toEqual(own.sort());
  });
});
