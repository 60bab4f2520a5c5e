import { describe, expect, it } from 'vitest';
import { readLockfile } from '../../src/cli/project/read-lockfile.ts';
import { parseLockfile, type ProjectManifests } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { NODE_SAMPLES } from '../lockfiles/samples.ts';
import { newStore } from '../support/store.ts';
import { lockedBy } from '../report/fixtures.ts';

/** What is compared by what it gives. */
function withoutScripts(lockfile: Partial<Lockfile>): Partial<Lockfile> {
  const copy = { ...lockfile };
  delete copy.scripts;
  return copy;
}

const PROJECT: ProjectManifests = new Map([
  ['', '{"name":"p","dependencies":{"p1":"1.0.0"},"allowScripts":{"p1":true}}'],
]);
const ROOT = { name: 'p1', version: '1.0.0', artifacts: lockedBy({}) };

describe('a lockfile that was read before', () => {
  it.each(NODE_SAMPLES.map((sample) => [sample.file, sample] as const))(
    'is given back as it was read: %s',
    (_, { file, many }) => {
      const bytes = Buffer.from(many(300));
      expect(bytes.length).toBeGreaterThan(16 * 1024);
      const store = newStore();
      const { scripts: expectedScripts, ...expected } = parseLockfile(file, bytes, PROJECT);
      const first = readLockfile(file, bytes, PROJECT, [], store);
      const [[id, value] = ['', Buffer.alloc(0)]] = [...store.entries];
      // Only what is taken from the store can have this.
      store.entries.set(id, Buffer.from(value.toString().replace('"entries":', '"marked":true,"entries":')));
      const { scripts, digest, marked, ...again } = readLockfile(file, bytes, PROJECT, [], store) as typeof first & {
        marked: boolean;
      };
      expect(marked).toBe(true);
      expect(again).toStrictEqual(expected);
      expect(digest).toBe(first.digest);
      expect(scripts?.(ROOT)).toEqual(expectedScripts?.(ROOT));
      expect(store.entries.size).toBe(1);
    },
  );

  it('is read again where its bytes, a manifest, or its name is another', () => {
    const [sample] = NODE_SAMPLES.filter(({ format }) => format === 'npm');
    const { file = '', many = () => '' } = sample ?? {};
    const text = many(300);
    const store = newStore();
    const read = (name: string, content: string, manifests: ProjectManifests): unknown => {
      const parsed = withoutScripts(parseLockfile(name, Buffer.from(content), manifests));
      expect(withoutScripts(readLockfile(name, Buffer.from(content), manifests, [], store))).toStrictEqual({
        ...parsed,
        digest: expect.any(String) as string,
      });
      return parsed;
    };
    const first = read(file, text, PROJECT);
    const other = text.replace('"p1": {', '"p1":  {').replace('1.0.0', '1.0.1');
    expect(read(file, other, PROJECT)).not.toEqual(first);
    expect(read(file, text, new Map([['', '{"dependencies":{"p7":"1.0.0"}}']]))).not.toEqual(first);
    expect(read(file, text, new Map([...PROJECT, ['w', '{"dependencies":{"p9":"1.0.0"}}']]))).toBeDefined();
    expect(read(`sub/${file}`, text, PROJECT)).not.toEqual(first);
    expect(read(file, text, PROJECT)).toEqual(first);
    expect(store.entries.size).toBe(2);
  });

  it('that cannot be read is not kept, and one that is small neither', () => {
    const store = newStore();
    const large = Buffer.from(`{"lockfileVersion":3,${' '.repeat(20_000)}`);
    expect(() => readLockfile('package-lock.json', large, PROJECT, [], store)).toThrow('not valid JSON');
    const [{ file, text } = { file: '', text: '' }] = NODE_SAMPLES;
    readLockfile(file, Buffer.from(text), PROJECT, [], store);
    expect(store.entries.size).toBe(0);
    readLockfile(file, Buffer.from(text), PROJECT, [], null);
  });
});
