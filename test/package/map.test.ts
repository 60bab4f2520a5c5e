import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../scripts/map.mjs');

interface Map {
  readonly circleIn: (imports: ReadonlyMap<string, readonly string[]>) => readonly string[] | null;
  readonly problemsOf: (
    folders: ReadonlyMap<string, ReadonlySet<string>>,
    rooms: Readonly<Record<string, readonly string[]>>,
  ) => readonly string[];
}
const { circleIn, problemsOf } = (await import(SCRIPT)) as Map;

describe('the map of the folders', () => {
  it('is the one in docs/architecture.md, without a circle and an arrow up', () => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('names a circle, however long, and none where there is none', () => {
    const imports = (edges: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly string[]> =>
      new Map(Object.entries(edges));
    expect(circleIn(imports({ a: ['b'], b: ['c'], c: ['b'] }))).toEqual(['b', 'c', 'b']);
    expect(circleIn(imports({ a: ['a'] }))).toEqual(['a', 'a']);
    expect(circleIn(imports({ a: ['b', 'c'], b: ['c'], c: [] }))).toBeNull();
  });

  it('names what is not listed, not allowed, allowed in vain, and what stands above what imports it', () => {
    const folders = new Map([
      ['low', new Set<string>()],
      ['high', new Set(['low'])],
    ]);
    expect(problemsOf(folders, { low: [], high: ['low'] })).toEqual([]);
    expect(problemsOf(folders, { high: ['low'], low: [] })).toEqual(['high stands below low, which it imports']);
    expect(problemsOf(folders, { low: [], high: ['low'], other: ['low'] })).toEqual([
      'other may import low, and does not',
    ]);
    expect(problemsOf(folders, { low: [], high: [] })).toEqual(['high may not import low, and does']);
    expect(problemsOf(folders, { low: [] })).toEqual(['src/high is not in src/rooms.json']);
  });
});
