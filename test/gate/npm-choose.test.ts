import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { choose, type Choice } from '../../src/gate/npm/choose.ts';
import type { Decision } from '../../src/gate/common/judge.ts';
import type { Artifacts } from '../../src/model/dependency.ts';

const NONE: Artifacts = [{ file: null, digests: [], source: { kind: 'registry', resolved: null } }];

/** What is chosen where these versions are refused, and which versions were decided about. */
async function chosen(
  listed: readonly string[],
  tags: Readonly<Record<string, string>>,
  refused: readonly string[],
  named: readonly string[] = [],
): Promise<Choice & { readonly asked: readonly string[] }> {
  const asked = new Set<string>();
  const decide = (version: string): Promise<Decision> => {
    asked.add(version);
    const why = { version: { ecosystem: 'npm' as const, name: 'a', version }, code: null, message: '', help: '' };
    return Promise.resolve({ refusal: refused.includes(version) ? why : null, artifacts: NONE, judged: null });
  };
  return { ...(await choose(listed, tags, named, decide)), asked: [...asked].sort() };
}

const LISTED = ['1.0.0', '1.1.0', '1.2.0-beta.1', '2.0.0-beta.1', '2.0.0', '2.0.1', '0.3.1', '0.3.2', '0.4.0'];

describe('what clients may pick', () => {
  it('leaves everything as it is where nothing is refused, and decides about as few as it can', async () => {
    const { refused, distTags, asked } = await chosen(LISTED, { latest: '2.0.1', old: '1.0.0' }, []);
    expect(refused.size).toBe(0);
    expect(distTags).toEqual({ latest: '2.0.1', old: '1.0.0' });
    expect(asked).toEqual(['0.3.2', '0.4.0', '1.0.0', '1.1.0', '1.2.0-beta.1', '2.0.0-beta.1', '2.0.1']);
  });

  it.each([
    ['down to the next', ['2.0.1'], '2.0.0'],
    ['down to another line', ['2.0.1', '2.0.0'], '1.1.0'],
    ['over several', ['2.0.1', '2.0.0', '1.1.0', '1.0.0'], '0.4.0'],
  ])('moves latest %s, and to no prerelease', async (_, refused, latest) => {
    expect((await chosen(LISTED, { latest: '2.0.1' }, refused)).distTags).toEqual({ latest });
  });

  it('moves a tag of a prerelease to a prerelease', async () => {
    const { distTags } = await chosen(LISTED, { next: '2.0.0-beta.1' }, ['2.0.0-beta.1']);
    expect(distTags).toEqual({ next: '1.2.0-beta.1' });
  });

  it('moves a tag that names nothing, and takes one away where nothing is left', async () => {
    expect((await chosen(['1.0.0'], { latest: '1.5.0' }, [])).distTags).toEqual({ latest: '1.0.0' });
    expect((await chosen(['1.0.0'], { latest: '1.0.0' }, ['1.0.0'])).distTags).toEqual({});
    expect((await chosen(['1.0.0'], { latest: 'no version' }, [])).distTags).toEqual({});
  });

  it('decides about what somebody wants, and about nothing that is not listed', async () => {
    const { refused, asked } = await chosen(LISTED, {}, ['1.0.0', '9.9.9'], ['1.0.0', '9.9.9']);
    expect([...refused.keys()]).toEqual(['1.0.0']);
    expect(asked).not.toContain('9.9.9');
  });

  it('leaves no tag that names a refused version or none, and moves none up', async () => {
    const version = fc
      .tuple(fc.nat(2), fc.nat(3), fc.nat(3), fc.option(fc.nat(2), { nil: null }))
      .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre === null ? '' : `-rc.${pre}`}`);
    const versions = fc.uniqueArray(version, { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(versions, versions, fc.dictionary(fc.string(), version), async (listed, refused, tags) => {
        const { distTags } = await chosen(listed, tags, refused);
        for (const [tag, to] of Object.entries(distTags)) {
          expect(listed).toContain(to);
          expect(refused).not.toContain(to);
          expect(semver.compare(to, tags[tag] ?? '')).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
