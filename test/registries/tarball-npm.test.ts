import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TarballError } from '../../src/readers/tar.ts';
import { createTarballReader } from '../../src/registries/npm/tarballs/tarball.ts';
import { fromRegistry, notToBeHad } from '../lockfiles/real.ts';
import { archive, type Member } from './archive.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** What npm 11 unpacks tarballs with. */
const PACOTE = 'pacote@21.5.1';

interface Pacote {
  readonly extract: (spec: string, folder: string, options: object) => Promise<unknown>;
}

const PLAIN: Member = { name: 'package/package.json', content: '{"name":"p","version":"1.0.0"}' };
const file = (name: string, content = `of ${name}`): Member => ({ name, content });

/** Read as npm writes them. */
const INNOCENT: readonly (readonly Member[])[] = [
  [file('package/lib/a.js'), file('package/lib/deep/b.js')],
  [file('other/a.js'), file('a.js/a.js'), file('c:/d.js')],
  [file('/package/a.js'), file('package//b.js'), file('package/./c.js'), file('./package/d.js')],
  [file('package/ab:c'), file('package/1:c'), file('package/a.c:d'), file('package/ package.json')],
  [file('package/lib/Package.json'), file('package/README.md'), file('package/readme.md')],
  [file('package/package.json', '{"name":"q","version":"1.0.0"}'), file('other/package.json', '{"name":"r"}')],
  [file('package/ä'), file('package/a\u0308'), file('package/a b .js '), file('package/...'), file('package/a..b')],
  [
    { ...file('package/a.js'), type: '7' },
    { ...file('package/b.js'), type: '\0' },
  ],
  [
    { name: 'package/package.json', type: '2', link: 'evil.json' },
    { name: 'package/l', type: '1', link: 'package/a' },
  ],
  [
    { name: 'package/package.json', type: '5' },
    { name: 'package/d/', type: '5' },
  ],
  [file('plain'), file('package/trailing/', '')],
];

/** npm writes another file, or one elsewhere: such a tarball is not read. */
const HOSTILE: readonly (readonly Member[])[] = [
  ...[
    'package/c:package.json',
    'package/C:package.json',
    'package/c:/package.json',
    'package/c:d:package.json',
    'package//c:package.json',
    'package/./c:package.json',
    'package/c:../package.json',
    'package///?/C:/package.json',
    'package///?/UNC/server/share/package.json',
    'package/lib/c:package.json',
    '../package.json',
    'package/../package.json',
    'package/lib/../package.json',
    'package/lib\\..\\package.json',
    'package/Package.json',
    'package/PACKAGE.JSON',
    'package/package.json ',
    'package/package.json.',
    'package/pac\u212aage.json',
    'package/pack\u200cage.json',
    'package/pa\u00adckage.json',
    'package/package.j\u017fon',
  ].map((name) => [file(name, '{"name":"evil"}')]),
  [file('package/package.json/index.js')],
  [file('package/lib'), file('package/lib/index.js')],
  [file('package/lib/index.js'), file('package/lib')],
];

async function read(bytes: Buffer): Promise<Readonly<Record<string, string>> | null> {
  try {
    const reader = createTarballReader({ isWanted: () => true });
    await reader.write(bytes);
    return Object.fromEntries((await reader.end()).map((each) => [each.path, String(each.bytes)]));
  } catch (error) {
    if (error instanceof TarballError) return null;
    throw error;
  }
}

const packed = (members: readonly Member[]): Buffer => gzipSync(archive([PLAIN, ...members]));

describe('names in a tarball', () => {
  it.each(HOSTILE.map((members) => [members.map(({ name }) => name).join(' and '), members] as const))(
    '%j are refused',
    async (_, members) => {
      expect(await read(packed(members))).toBeNull();
      expect(await read(packed([...members].reverse()))).toBeNull();
    },
  );

  it.each(INNOCENT.map((members) => [members.map(({ name }) => name).join(' and '), members] as const))(
    '%j are read',
    async (_, members) => {
      expect(await read(packed(members))).not.toBeNull();
    },
  );
});

describe('what npm writes', () => {
  let folder = '';
  let pacote: Pacote | null = null;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-pacote-'));
    const place = fromRegistry(PACOTE);
    pacote = place === null ? null : (createRequire(import.meta.url)(place) as Pacote);
  }, 240_000);
  afterAll(() => removeFolder(folder));

  async function written(bytes: Buffer, number: number): Promise<Readonly<Record<string, string>>> {
    const tarball = join(folder, `${number}.tgz`);
    const target = join(folder, String(number));
    writeFileSync(tarball, bytes);
    await pacote?.extract(`file:${tarball}`, target, { cache: join(folder, 'cache') });
    const entries = readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = entries.map((entry) => join(entry.parentPath, entry.name));
    return Object.fromEntries(paths.map((path) => [relative(target, path), readFileSync(path, 'utf8')]));
  }

  it('is what is read, or the tarball is refused', { timeout: 120_000 }, async ({ skip }) => {
    if (pacote === null) return skip(notToBeHad(PACOTE));
    let differing = 0;
    for (const [number, members] of [...INNOCENT, ...HOSTILE].entries()) {
      const bytes = packed(members);
      const [ours, theirs] = [await read(bytes), await written(bytes, number)];
      if (ours === null) differing += 'evil' in theirs || theirs['package.json'] !== PLAIN.content ? 1 : 0;
      else expect(theirs).toEqual(ours);
    }
    // Some of what is refused really takes the place of package.json.
    expect(differing).toBeGreaterThan(4);
  });
});
