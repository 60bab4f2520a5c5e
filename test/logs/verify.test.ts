import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { uuidOf } from '../../lab/logs.ts';
import { startSigstore } from '../../lab/sigstore/index.ts';
import { newTree, type MerkleTree } from '../../lab/sigstore/merkle.ts';
import { signedHead, V1_TREE, type TransparencyLog } from '../../lab/sigstore/rekor.ts';
import { readHead, joinHeads } from '../../src/logs/heads.ts';
import { formatFork, parseFork } from '../../src/logs/fork-file.ts';
import { placesOf } from '../../src/logs/places.ts';
import { checkFork } from '../../src/logs/verify.ts';
import { parseTrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { assayHere } from '../cli/in-process.ts';
import { inFolder, type Run } from '../cli/run.ts';
import { testClient } from '../net/servers.ts';
import { hasSharedData } from '../support/shared-data.ts';
import { NAMES, withLogs, type LabLogs } from './lab-logs.ts';
import { logData, serveRecordedTiles } from './recorded.ts';

interface VerifyJson {
  readonly entries: readonly {
    readonly word: string;
    readonly reason: string;
    readonly size: string | null;
    readonly kept: string | null;
    readonly otherTrees: readonly string[];
    readonly frozen: string | null;
    readonly evidence: string | null;
  }[];
}
const firstOf = ({ stdout }: Run): VerifyJson['entries'][number] | undefined =>
  (JSON.parse(stdout) as VerifyJson).entries[0];

type Version = 'v1' | 'v2';
interface Verifying extends LabLogs {
  /** Verifies a bundle that was signed into the log at the beginning. */
  readonly verify: (...args: string[]) => Promise<Run>;
  readonly grow: (entries: number) => void;
}

function withBundle(version: Version, work: (verifying: Verifying) => Promise<void>): Promise<void> {
  return withLogs(async (logs) => {
    const { folder, run, sign, lab } = logs;
    writeFileSync(join(folder, 'b.json'), JSON.stringify(sign(version)));
    await work({
      ...logs,
      verify: (...args) => run('log', 'verify', 'b.json', '--state', 'state', '--json', ...args),
      grow: (entries) => {
        for (let i = 0; i < entries; i += 1)
          lab.sigstore.rekor[version].append({ apiVersion: '1', kind: 'x', spec: i }, 0);
      },
    });
  });
}

/** A log with the keys of the lab's and another history, of so many entries. */
function forked(lab: LabLogs['lab'], version: Version, size: number): { readonly note: string } {
  const log = lab.sigstore.rekor[version];
  const other = startSigstore(lab.clock.now, { start: 0, end: 1 }).rekor[version];
  while (other.tree.size() < size) other.append({ apiVersion: '1', kind: 'y', spec: other.tree.size() }, 0);
  return { note: log.head(size, [], other.tree) };
}

describe.each(['v1', 'v2'] as const)('verifying in a log of Rekor %s', (version) => {
  const keptFile = (folder: string): string =>
    join(folder, 'state', readdirSync(join(folder, 'state')).find((name) => name.endsWith('.checkpoint')) ?? '');

  /** A note without its signatures, of which two by one key differ; there is one. */
  const textOf = (note: string): string => {
    const [text = '', signature = ''] = note.split('\n\n');
    expect(signature).toMatch(/^— \S+ \S+\n$/);
    return text;
  };
  const keptText = (folder: string): string => textOf(readFileSync(keptFile(folder), 'utf8'));

  it('holds the entry to today’s tree, and that to the one that was kept, which is a whole note', async () => {
    await withBundle(version, async ({ verify, grow, folder, lab }) => {
      const first = await verify();
      expect(first).toMatchObject({ status: 0, stderr: '' });
      expect(firstOf(first)).toMatchObject({ word: 'held', kept: null, size: '12' });
      expect(keptText(folder)).toBe(textOf(lab.sigstore.rekor[version].head()));
      grow(300);
      const second = await verify();
      expect(second.status).toBe(0);
      expect(firstOf(second)).toMatchObject({ word: 'held', kept: '12', size: '312' });
      expect(keptText(folder)).toBe(textOf(lab.sigstore.rekor[version].head()));
      expect(readdirSync(join(folder, 'state')).some((name) => name.endsWith('.tmp'))).toBe(false);
    });
  });

  // Of a tree of 64 entries, which is perfect, a proof leaves the root out.
  it.each([41, 64])('finds a fork of %d entries, and leaves a file that anybody can check offline', async (size) => {
    await withBundle(version, async ({ verify, grow, folder, lab }) => {
      grow(30);
      expect((await verify()).status).toBe(0);
      // Another history of a size that the true log has passed, signed with its key, is what was kept.
      writeFileSync(keptFile(folder), forked(lab, version, size).note);
      grow(300);
      const run = await verify();
      expect(run.status).toBe(1);
      const { word, evidence } = firstOf(run) ?? {};
      expect(word).toBe('fork');
      const check = (file: string): Promise<Run> =>
        assayHere(['log', 'verify', '--fork', file, '--trusted-root', 'root.json'], folder);
      expect(await check(evidence ?? '')).toMatchObject({ status: 1, stderr: '' });
      expect((await check(evidence ?? '')).stdout).toMatch(/^parted: a fork: the log signed two histories/);
      // The trusted root is named where that is at fault, and not the fork.
      writeFileSync(join(folder, 'bad.json'), '{}');
      const bad = await assayHere(['log', 'verify', '--fork', evidence ?? '', '--trusted-root', 'bad.json'], folder);
      expect([bad.status, bad.stderr]).toEqual([
        2,
        expect.stringMatching(/^assay: the trusted root bad\.json cannot be/),
      ]);
      // What was kept is still there.
      expect(keptText(folder)).toBe(textOf(forked(lab, version, size).note));
      // A file that is no fork says so; one whose notes are not of the log shows nothing.
      const file = JSON.parse(readFileSync(evidence ?? '', 'utf8')) as Record<string, string>;
      const with_ = (change: object): string => {
        writeFileSync(join(folder, 'f.json'), JSON.stringify({ ...file, ...change }));
        return 'f.json';
      };
      expect((await check(with_({ earlier: lab.sigstore.rekor[version].head(size) }))).status).toBe(0);
      expect(
        (await check(with_({ earlier: (file['earlier'] ?? '').replace(String(size), String(size - 1)) }))).status,
      ).toBe(3);
      expect((await check(with_({ hashes: null, after: null, tiles: null }))).status).toBe(3);
      expect((await check(with_({ schema: 'x' }))).status).toBe(2);
    });
  });

  it.each<[string, string, number, (verifying: Verifying) => unknown]>([
    [
      'has no longer the entry',
      version === 'v1' ? 'hidden' : 'pruned',
      version === 'v1' ? 1 : 3,
      ({ v1, v2 }) => {
        v1.lie = (path) => (path.includes('/entries/') ? { status: 404 } : undefined);
        v2.lie = (path) => (path.includes('/tile/') ? { status: 404 } : undefined);
      },
    ],
    [
      'does not answer',
      'unavailable',
      3,
      ({ v1, v2 }) => {
        v1.lie = () => ({ status: 403 });
        v2.lie = () => ({ status: 403 });
      },
    ],
    [
      'answers something else',
      'malformed',
      3,
      ({ v1, v2 }) => {
        v1.lie = () => ({ json: [] });
        v2.lie = () => ({ bytes: Buffer.from('no') });
      },
    ],
    [
      'signs with another key',
      'other-key',
      3,
      ({ lab, v1, v2 }) => {
        const other = startSigstore(lab.clock.now, { start: 0, end: 1 }).rekor;
        v2.lie = (path) => (path.endsWith('/checkpoint') ? { bytes: Buffer.from(other.v2.head()) } : undefined);
        v1.lie = (path) => (path.includes('/entries/') ? { json: withHead(lab, other.v1.head()) } : undefined);
      },
    ],
  ])('says in a word that it %s: %s', async (_, word, status, lie) => {
    await withBundle(version, async (verifying) => {
      expect((await verifying.verify()).status).toBe(0);
      lie(verifying);
      const run = await verifying.verify();
      expect([run.status, firstOf(run)?.word]).toEqual([status, word]);
    });
  });

  it('says that a tree is smaller than the one that was seen, and keeps the larger one', async () => {
    await withBundle(version, async ({ verify, grow, folder, lab, v1, v2 }) => {
      const { head, tree } = lab.sigstore.rekor[version];
      grow(40);
      expect((await verify()).status).toBe(0);
      const old = head(20);
      v2.lie = (path) => (path.endsWith('/checkpoint') ? { bytes: Buffer.from(old) } : undefined);
      v1.lie = (path) => (path.includes('/entries/') ? { json: withHead(lab, old, 20) } : undefined);
      const run = await verify();
      expect([run.status, firstOf(run)?.word]).toEqual([3, 'smaller']);
      expect(keptText(folder)).toBe(textOf(head(tree.size())));
    });
  });

  it('says that a proof is of another tree', async () => {
    await withBundle(version, async ({ verify, grow, v1, v2 }) => {
      grow(9);
      expect((await verify()).status).toBe(0);
      grow(300);
      v1.lie = (path) => (path.includes('/log/proof') ? { json: { hashes: ['00'.repeat(32)] } } : undefined);
      v2.lie = (path) => (path.includes('/tile/1/') ? { bytes: Buffer.alloc(32) } : undefined);
      const run = await verify();
      expect([run.status, firstOf(run)?.word]).toEqual([1, 'unproven']);
    });
  });
});

/** An answer for the bundle's entry with another head. */
function withHead(lab: LabLogs['lab'], head: string, size?: number): unknown {
  const { tree, entries, logId } = lab.sigstore.rekor.v1;
  const [index, of] = [entries.findIndex(({ entry }) => entry !== null), size ?? tree.size()];
  const entry = entries[index]?.entry;
  const leaf = tree.node(index, 1).toString('hex');
  return {
    [leaf]: {
      body: entry?.canonicalizedBody,
      integratedTime: Number(entry?.integratedTime),
      logID: logId.toString('hex'),
      logIndex: Number(entry?.logIndex),
      verification: {
        signedEntryTimestamp: entry?.inclusionPromise?.signedEntryTimestamp,
        inclusionProof: {
          checkpoint: head,
          hashes: tree.path(index, of).map((hash) => hash.toString('hex')),
          logIndex: index,
          rootHash: tree.root(of).toString('hex'),
          treeSize: of,
        },
      },
    },
  };
}

/** A checkpoint of this origin that the log signs, over a tree with a first entry and then these bytes. */
function otherTree(
  log: TransparencyLog,
  origin: string,
  bytes: Buffer,
): { readonly note: string; readonly tree: MerkleTree } {
  const tree = newTree();
  tree.append(Buffer.from('another first'));
  tree.append(bytes);
  return { note: signedHead(log, origin, tree), tree };
}

describe('an entry that is gone from its tree', () => {
  // The tree that the id names, the origin of the proof, and the word for it.
  it.each<[string, (own: string) => [tree: string, origin: string], string]>([
    ['of another shard', () => ['77', '77'], 'other-tree'],
    ['of another shard under the id of its own', (own) => [own, '77'], 'other-tree'],
    ['of its own, written with a zero', (own) => [own, `0${own}`], 'other-tree'],
    ['of its own, written with a sign', (own) => [own, `+${own}`], 'other-tree'],
    ['of its own under an id of another', (own) => ['77', own], 'other-tree'],
    ['of its own, in another history', (own) => [own, own], 'fork'],
  ])('is not held where the same bytes are served out of the tree %s', async (_, treesOf, word) => {
    await withBundle('v1', async ({ verify, lab, v1, folder }) => {
      expect((await verify()).status).toBe(0);
      const log = lab.sigstore.rekor.v1;
      const entry = log.entries.flatMap((one) => one.entry ?? [])[0];
      const body = Buffer.from(entry?.canonicalizedBody ?? '', 'base64');
      const [id, origin] = treesOf(String(V1_TREE));
      const { note, tree } = otherTree(log, `${NAMES.v1} - ${origin}`, body);
      v1.lie = (path) =>
        path.startsWith('/api/v1/log/entries/')
          ? {
              json: {
                [BigInt(id).toString(16).padStart(16, '0') + uuidOf(body).slice(-64)]: {
                  ...{ body: entry?.canonicalizedBody, integratedTime: Number(entry?.integratedTime) },
                  ...{ logID: log.logId.toString('hex'), logIndex: Number(entry?.logIndex) },
                  verification: {
                    signedEntryTimestamp: entry?.inclusionPromise?.signedEntryTimestamp,
                    inclusionProof: {
                      ...{ checkpoint: note, logIndex: 1, treeSize: 2, rootHash: tree.root(2).toString('hex') },
                      hashes: tree.path(1, 2).map((hash) => hash.toString('hex')),
                    },
                  },
                },
              },
            }
          : undefined;
      const kept = (): string[] => readdirSync(join(folder, 'state')).filter((name) => !name.startsWith('fork-'));
      const before = kept();
      const run = await verify();
      expect([run.status, firstOf(run)?.word]).toEqual([1, word]);
      expect(kept()).toEqual(before);
    });
  });

  it.each(['1', '77', ''])('is not held where a log of one tree signs for a tree of its own, “%s”', async (tree) => {
    await withBundle('v2', async ({ verify, run, lab, v2, sign, folder }) => {
      const watch = (): Promise<Run> =>
        run('log', 'watch', '--once', '--json', '--repository-id', '4242', '--state', 'state');
      expect((await verify()).status).toBe(0);
      await watch();
      const { note, tree: other } = otherTree(lab.sigstore.rekor.v2, `${NAMES.v2} - ${tree}`, Buffer.from('x'));
      v2.lie = (path) => {
        if (path.endsWith('/checkpoint')) return { bytes: Buffer.from(note) };
        return path.includes('/tile/0/') ? { bytes: Buffer.concat([other.node(0, 1), other.node(1, 2)]) } : undefined;
      };
      const shown = await verify();
      expect([shown.status, firstOf(shown)?.word]).toEqual([1, 'other-tree']);
      const watched = await watch();
      expect([watched.status, watched.stdout]).toEqual([1, expect.stringContaining('"word":"other-tree"')]);
      // A bundle whose proof is in such a tree is one of no log.
      v2.lie = () => undefined;
      const bundle = sign('v2');
      const [entry] = bundle.verificationMaterial.tlogEntries;
      if (entry?.inclusionProof === undefined) throw new Error('no proof');
      const own = newTree();
      own.append(Buffer.from(entry.canonicalizedBody, 'base64'));
      const envelope = signedHead(lab.sigstore.rekor.v2, `${NAMES.v2} - ${tree}`, own);
      const proof = { logIndex: '0', treeSize: '1', hashes: [], rootHash: own.root(1).toString('base64') };
      Object.assign(entry, { logIndex: '0', inclusionProof: { ...proof, checkpoint: { envelope } } });
      writeFileSync(join(folder, 'other.json'), JSON.stringify(bundle));
      const taken = await run('log', 'verify', 'other.json', '--state', 'state', '--json');
      expect([taken.status, firstOf(taken)?.word]).toEqual([1, 'other-tree']);
      const identity = [
        '--certificate-identity-regexp',
        '.*',
        '--certificate-oidc-issuer',
        'https://token.actions.githubusercontent.com',
      ];
      const alone = await assayHere(
        [
          'verify-bundle',
          '--trusted-root',
          'root.json',
          ...identity,
          '--bundle',
          'other.json',
          `sha512:${'ab'.repeat(64)}`,
        ],
        folder,
      );
      expect(alone.status).toBe(1);
      expect(alone.stdout + alone.stderr).toContain('checkpoint of ');
    });
  });
});

describe('verifying', () => {
  it('tells another shard and a frozen tree, and a position with another entry', async () => {
    await withBundle('v2', async ({ verify, lab, v2, folder, sign, run }) => {
      const frozen = lab.sigstore.rekor.v2.head(undefined, ['Log frozen — 2026-11-29']);
      v2.lie = (path) => (path.endsWith('/checkpoint') ? { bytes: Buffer.from(frozen) } : undefined);
      const held = await verify();
      expect(held.status).toBe(0);
      expect(firstOf(held)).toMatchObject({ word: 'held', frozen: 'Log frozen — 2026-11-29' });
      expect(readFileSync(join(folder, 'state', `${NAMES.v2}.checkpoint`), 'utf8')).toBe(frozen);
      writeFileSync(join(folder, 'state', `${encodeURIComponent(`${NAMES.v1} - 7`)}.checkpoint`), 'of another shard');
      writeFileSync(join(folder, 'state', '%zz.checkpoint'), 'of somebody else');
      writeFileSync(join(folder, 'c.json'), JSON.stringify(sign('v1')));
      const other = await run('log', 'verify', 'c.json', '--state', 'state', '--json');
      expect(firstOf(other)).toMatchObject({ word: 'held', kept: null, otherTrees: [`${NAMES.v1} - 7`] });
    });
  });

  it('takes the bundles of a package, and its own checkpoints only where they can be read', async () => {
    await withLogs(async ({ lab, run, folder }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
      const verify = (what: string): Promise<Run> =>
        run('log', 'verify', what, '--registry', lab.url, '--state', 'state', '--json');
      const held = await verify('p@1.0.0');
      expect(held.status).toBe(0);
      expect((JSON.parse(held.stdout) as VerifyJson).entries.map(({ word }) => word)).toEqual(['held', 'held']);
      const [kept = ''] = readdirSync(join(folder, 'state'));
      writeFileSync(join(folder, 'state', kept), 'broken\n');
      const broken = await verify('p@1.0.0');
      expect(broken.status).toBe(3);
      expect(firstOf(broken)?.reason).toMatch(/^the kept checkpoint of .* cannot be used: /);
      await lab.publish({ name: 'q', version: '1.0.0', by: token({ user: 'jane' }) });
      expect((await verify('q@1.0.0')).status).toBe(2);
    });
  });
});

const NOTE = hasSharedData ? '' : ' (skipped: the data is not on this machine)';
describe.skipIf(!hasSharedData)(`a real fork of Rekor v2${NOTE}`, () => {
  it('is found from its tiles, and its file is checked alone', async () => {
    const root = parseTrustedRoot(JSON.parse(readFileSync(logData('trusted_root.json'), 'utf8')));
    const name = 'rekor2.town.test';
    const places = placesOf(root, new Map([[name, await serveRecordedTiles()]]));
    const place = places.find((one) => one.name === name);
    expect(place?.api).toBe(2);
    if (place === undefined) return;
    const head = (file: string): ReturnType<typeof readHead> =>
      readHead(place, readFileSync(logData(`rekor2-tiles/${file}`), 'utf8'));
    const [earlier, later] = [head('checkpoint-1-FORK-same-key'), head('checkpoint-605')];
    if ('word' in earlier || 'word' in later) throw new Error('a real checkpoint does not verify');
    const joining = await joinHeads(testClient(), earlier, later);
    expect(joining.word).toBe('fork');
    const file = Buffer.from(formatFork(joining));
    expect(checkFork(places, parseFork(file))).toBe('parted');
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'fork.json'), file);
      const args = ['log', 'verify', '--fork', 'fork.json', '--trusted-root', logData('trusted_root.json')];
      expect((await assayHere(args, folder)).status).toBe(1);
      expect(existsSync(join(folder, 'state'))).toBe(false);
    });
  });
});
