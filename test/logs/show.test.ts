import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { uuidOf, type LogServer } from '../../lab/logs.ts';
import { assayHere } from '../cli/in-process.ts';
import { inFolder, type Run } from '../cli/run.ts';
import { hasSharedData } from '../support/shared-data.ts';
import { withLogs } from './lab-logs.ts';
import { logData, serveFiles, serveRecorded } from './recorded.ts';

const NOTE = hasSharedData ? '' : ' (skipped: the data is not on this machine)';

interface ShowJson {
  readonly entries: readonly {
    readonly word: string;
    readonly reason: string;
    readonly hit: {
      readonly uuid: string;
      readonly index: string;
      readonly treeIndex: string;
      readonly time: string | null;
      readonly record: {
        readonly signer: { readonly identity: Readonly<Record<string, unknown>>; readonly issued: boolean };
        readonly digest: string;
        readonly statement: { readonly from: string; readonly subjects: readonly { readonly name: string }[] } | null;
      } | null;
    } | null;
  }[];
}
const entryOf = ({ stdout }: Run): ShowJson['entries'][number] | undefined =>
  (JSON.parse(stdout) as ShowJson).entries[0];

describe.skipIf(!hasSharedData)(`what a real Rekor v1 has${NOTE}`, () => {
  const UUID = '01076f4b95dc8cc3f9f0895237a7111d0b4dd6137ff8e2d5a60ce5d32bf5cd0fc541dcdf3846016b';
  const INTOTO = '01076f4b95dc8cc3dc6e06be86c369bafec1b6b2f67583a99ec607660172c93612fc475e55e94d17';
  const shown = async (id: string, prefix: 'rekor1-' | 'rekor1-sharded-' = 'rekor1-', root?: string): Promise<Run> => {
    const log = `rekor1.town.test=${await serveRecorded(prefix)}`;
    const roots = ['--trusted-root', logData(root ?? 'trusted_root.json')];
    return assayHere(['log', 'show', id, '--log', log, ...roots, '--json'], logData('.'));
  };

  it('is verified and decoded, by either id and by its position', async () => {
    for (const id of [UUID, UUID.slice(16), '1']) {
      const run = await shown(id);
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(entryOf(run)).toMatchObject({
        word: 'held',
        hit: {
          uuid: UUID,
          index: '1',
          time: '2026-11-29T11:42:52Z',
          kind: 'dsse',
          record: {
            of: 'payload',
            digest: 'sha256:6f6723a739c5bc15cdf3a0997345fb161a1aa19563438d55ebcec897ac231055',
            signer: {
              issued: true,
              identity: {
                subject: 'https://github.com/acme/widget/.github/workflows/release.yml@refs/heads/main',
                repositoryId: '2002',
                commit: 'a'.repeat(40),
              },
            },
            statement: null,
          },
        },
      });
    }
  });

  it('has a statement where the log keeps it', async () => {
    expect(entryOf(await shown(INTOTO))?.hit?.record?.statement).toMatchObject({
      from: 'log',
      subjects: [{ name: 'pkg:npm/%40acme/lib@2.0.9' }],
    });
  });

  it('is verified in shards, under the key that signs them now', async () => {
    const root = 'trusted_root-sharded.json';
    const old = await shown('3', 'rekor1-sharded-', root);
    const fresh = await shown('9', 'rekor1-sharded-', root);
    expect([old.status, fresh.status]).toEqual([0, 0]);
    expect(entryOf(fresh)?.hit).toMatchObject({ index: '9', treeIndex: '1' });
    // Without that key nothing of it is shown.
    const unknown = await shown('9', 'rekor1-sharded-');
    expect(unknown.status).toBe(3);
    expect(entryOf(unknown)).toMatchObject({ word: 'other-key', hit: null });
  });

  it('of which no witness signed anything fails where a policy demands one', async () => {
    const args = ['--trusted-root', logData('trusted_root.json'), '--witness-policy', 'witness/policy.txt', '--json'];
    const log = ['--log', `rekor1.town.test=${await serveRecorded('rekor1-')}`];
    const run = await assayHere(['log', 'show', '1', ...log, ...args], logData('.'));
    expect([run.status, entryOf(run)?.word]).toEqual([1, 'unwitnessed']);
    const files: Readonly<Record<string, string>> = {
      '/api/v2/checkpoint': 'checkpoint-cosigned-2',
      '/api/v2/tile/0/000.p/2': 'tile-0-000.p-2',
      '/api/v2/tile/entries/000.p/2': 'entries-000.p-2',
    };
    const url = await serveFiles((_, path) => {
      const name = files[path];
      return name === undefined ? null : { status: 200, body: readFileSync(logData(`witness/${name}`)) };
    });
    const cosigned = await assayHere(['log', 'show', '1', '--log', `rekor2.town.test=${url}`, ...args], logData('.'));
    expect([cosigned.status, entryOf(cosigned)?.hit]).toMatchObject([0, { cosigned: ['w1.town.test'], witnesses: 1 }]);
  });

  it('says what it has not', async () => {
    for (const id of ['999', '0'.repeat(64)]) {
      const run = await shown(id);
      expect(run.status).toBe(1);
      expect(entryOf(run)).toMatchObject({ word: 'absent', hit: null });
    }
  });
});

describe('a log that lies', () => {
  const shown = (folder: string, server: LogServer, name: string, id: string): Promise<Run> =>
    assayHere(['log', 'show', id, '--log', `${name}=${server.url}`, '--trusted-root', 'root.json', '--json'], folder);

  type Entry = Record<string, Record<string, unknown> & { verification: { inclusionProof: Record<string, unknown> } }>;

  it.each<[string, string, number, (entry: Entry, uuid: string, other: Entry) => unknown]>([
    ['another entry', 'other-entry', 1, (_, __, other) => other],
    ['another entry under this id', 'other-entry', 1, (_, uuid, other) => ({ [uuid]: Object.values(other)[0] })],
    [
      'a proof for another place',
      'unproven',
      1,
      (entry, uuid) => {
        const one = structuredClone(entry[uuid]);
        if (one !== undefined) one.verification.inclusionProof['logIndex'] = 3;
        return { [uuid]: one };
      },
    ],
    [
      'an id in another tree',
      'other-tree',
      1,
      (entry, uuid) => ({ [`${'0'.repeat(15)}1${uuid.slice(16)}`]: entry[uuid] }),
    ],
    ['another time', 'unproven', 1, (entry, uuid) => ({ [uuid]: { ...entry[uuid], integratedTime: 1_700_000_000 } })],
    ['two entries', 'malformed', 3, (entry, _, other) => ({ ...entry, ...other })],
    ['a list', 'malformed', 3, () => []],
  ])('with %s is found out: %s', async (_, word, status, change) => {
    await withLogs(async ({ folder, v1, sign }) => {
      const [one, two] = [sign('v1'), sign('v1')].map(({ verificationMaterial: { tlogEntries } }) =>
        uuidOf(Buffer.from(tlogEntries[0]?.canonicalizedBody ?? '', 'base64')),
      );
      const answers = await Promise.all(
        [one, two].map(async (uuid) => (await (await fetch(`${v1.url}/api/v1/log/entries/${uuid}`)).json()) as Entry),
      );
      const [own = {}, other = {}] = answers;
      v1.lie = () => ({ json: change(own, one ?? '', other) });
      const run = await shown(folder, v1, 'rekor.lab.test', (one ?? '').slice(16));
      expect([run.status, entryOf(run)?.word, entryOf(run)?.hit]).toEqual([status, word, null]);
    });
  });

  it('with another entry in the bundle of a tile, or a tile that does not fit, is found out', async () => {
    await withLogs(async ({ folder, v2, sign, lab }) => {
      for (let i = 0; i < 300; i += 1) lab.sigstore.rekor.v2.append({ apiVersion: '1', kind: 'x', spec: i }, 0);
      const index = sign('v2').verificationMaterial.tlogEntries[0]?.logIndex ?? '';
      const name = 'log2026-1.rekor.lab.test';
      expect((await shown(folder, v2, name, index)).status).toBe(0);
      expect((await shown(folder, v2, name, '270')).status).toBe(0);
      const { entries } = lab.sigstore.rekor.v2;
      v2.lie = (path) => {
        const bytes = entries[0]?.bytes ?? Buffer.alloc(0);
        const bundle = Array.from({ length: 256 }, () => Buffer.concat([Buffer.from([0, bytes.length]), bytes]));
        return path.includes('/tile/entries/') ? { bytes: Buffer.concat(bundle) } : undefined;
      };
      const other = await shown(folder, v2, name, index);
      expect([other.status, entryOf(other)?.word]).toEqual([1, 'other-entry']);
      v2.lie = (path) => (path.includes('/tile/0/') ? { bytes: Buffer.alloc(8192, 7) } : undefined);
      const tile = await shown(folder, v2, name, index);
      expect([tile.status, entryOf(tile)?.word]).toEqual([1, 'unproven']);
      v2.lie = (path) => (path.includes('/tile/0/') ? { status: 404 } : undefined);
      const pruned = await shown(folder, v2, name, '270');
      expect([pruned.status, entryOf(pruned)?.word]).toEqual([3, 'pruned']);
      v2.lie = () => ({ bytes: Buffer.alloc(2_000_000, 97) });
      const endless = await shown(folder, v2, name, index);
      expect([endless.status, entryOf(endless)?.word]).toEqual([3, 'malformed']);
    });
  });

  it('says what no log can answer, before any is asked', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'root.json'), '{}');
      for (const args of [[], ['axios'], ['-1'], ['1', '2']]) {
        const run = await assayHere(['log', 'show', ...args], folder);
        expect(run.status).toBe(2);
      }
      expect((await assayHere(['log', 'shw'], folder)).stderr).toMatch(/log takes one of search, show, verify, watch/);
    });
  });
});
