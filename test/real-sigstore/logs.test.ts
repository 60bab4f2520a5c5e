import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BundleJson } from '../../lab/sigstore/bundle.ts';
import type { TrustedRootJson } from '../../lab/sigstore/index.ts';
import { newKey } from '../../lab/sigstore/keys.ts';
import { assayInside } from '../cli/inside.ts';
import { assay, type Run } from '../cli/run.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { workflowOf } from './issuer.ts';
import { freeze, namedInRoot, newLog, noteKey, type LogKey } from './keys.ts';
import type { Listening } from './listen.ts';
import { entryIn, eventsIn, logJson, serveTiles } from './log-run.ts';
import { newProcesses, type Processes } from './processes.ts';
import { addEntries, identityOf, sign } from './sign.ts';
import { withServers } from './support.ts';
import { startRekor } from './town.ts';

const TEAM = 'acme/watched';
const ID = workflowOf(TEAM).repositoryId;
const MESSAGE = Buffer.from('what was built');

const indexOf = (bundle: BundleJson | undefined): string =>
  bundle?.verificationMaterial.tlogEntries[0]?.inclusionProof?.logIndex ?? '';
const findingsOf = (run: Run): unknown[] =>
  eventsIn(run).flatMap(({ event, alarm, hit }) => (event === 'finding' ? [[alarm, hit?.log, hit?.index]] : []));
const readsOf = (run: Run, name: string): unknown[] =>
  eventsIn(run).flatMap(({ event, log, from, to }) => (event === 'read' && log === name ? [[from, to]] : []));
const wordsOf = (run: Run): unknown[] => eventsIn(run).flatMap(({ word }) => word ?? []);

withServers('assay log and logs of Rekor v2', (town) => {
  let folder: string;
  let processes: Processes;
  const closing: Listening[] = [];

  const write = (name: string, value: unknown): void =>
    writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
  const signed = (rekor?: string): Promise<BundleJson> =>
    sign(town(), { content: { message: MESSAGE }, by: TEAM, ...(rekor === undefined ? {} : { rekor }) });
  const serve = async (place: string): Promise<Listening> => {
    const files = await serveTiles(place);
    closing.push(files);
    return files;
  };
  /** A further log in a folder of its own: its server for writers, its files for readers. */
  const newServer = async (log: LogKey, storage = log.origin): Promise<{ readonly rekor: string; files: string }> => ({
    rekor: await startRekor(processes, town().programs['rekor-tiles'], folder, log, [], storage),
    files: (await serve(join(folder, storage))).url,
  });
  /** The town's root, with only these logs in it. */
  const rootOf = (...tlogs: TrustedRootJson['tlogs']): TrustedRootJson => ({ ...town().trustedRoot, tlogs });
  const log = (action: string, ...args: string[]): Promise<Run> =>
    assayInside(['log', action, '--json', ...args], folder);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-town-logs-'));
    processes = newProcesses(folder);
  });

  afterAll(async () => {
    await processes.stopAll();
    for (const one of closing) await one.close();
    removeFolder(folder);
  });

  describe('a log whose checkpoints a witness cosigns', () => {
    const witnessed = ['--witness-policy', 'witnesses.txt', '--trusted-root', 'root.json'];
    let bundle: BundleJson;
    let at: readonly string[];

    beforeAll(async () => {
      const { origins, witness, trustedRoot, folder: place } = town();
      bundle = await signed();
      at = ['--log', `${origins.rekor}=${(await serve(join(place, origins.rekor))).url}`];
      write('root.json', trustedRoot);
      write('bundle.json', bundle);
      const policy = readFileSync(join(place, 'witness-policy.txt'), 'utf8');
      const absent = noteKey('absent.town.test', newKey('Ed25519'));
      const two = `${policy.replace(/^quorum.*\n/m, '')}witness x ${absent}\ngroup both all w x\n`;
      write('witnesses.txt', `${two}quorum w\n`);
      write('two-witnesses.txt', `${two}quorum both\n`);
      expect(policy).toContain(witness.name);
    });

    it('is shown by position: the entry, who signed it, and how many of the known witnesses saw it', async () => {
      const run = await log('show', indexOf(bundle), ...at, ...witnessed);
      expect(run).toMatchObject({ status: 0, stderr: '' });
      const [tlog] = bundle.verificationMaterial.tlogEntries;
      expect(entryIn(run)).toMatchObject({
        word: 'held',
        hit: {
          kind: tlog?.kindVersion.kind,
          version: tlog?.kindVersion.version,
          index: indexOf(bundle),
          cosigned: [town().witness.name],
          record: { of: 'signed', signer: { issued: true, identity: { subject: identityOf(TEAM), repositoryId: ID } } },
        },
      });
      const people = await assayInside(['log', 'show', indexOf(bundle), ...at, ...witnessed], folder);
      expect(people.stdout).toMatch(/1 of 2: witness\.town\.test/);
      expect((await log('show', '999999', ...at, ...witnessed)).status).toBe(1);
    });

    it('is verified, with its cosignatures counted and demanded', async () => {
      const run = await log('verify', 'bundle.json', '--state', 'kept', ...at, ...witnessed);
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(entryIn(run)).toMatchObject({ word: 'held', kept: null, witnesses: 2, cosigned: [town().witness.name] });
      const again = entryIn(await log('verify', 'bundle.json', '--state', 'kept', ...at, ...witnessed));
      expect(again).toMatchObject({ word: 'held', kept: expect.stringMatching(/^\d+$/) as string });
      const strict = ['--trusted-root', 'root.json', '--witness-policy', 'two-witnesses.txt'];
      const lacking = await log('verify', 'bundle.json', '--state', 'kept', ...at, ...strict);
      expect([lacking.status, entryIn(lacking)?.word]).toEqual([1, 'unwitnessed']);
    });

    it('cannot be searched, and that is no statement about it', async () => {
      const run = await log('search', 'bundle.json', ...at, '--trusted-root', 'root.json');
      expect(run.status).toBe(3);
      expect(logJson(run).searches).toMatchObject([{ hits: [], unsearchable: [town().origins.rekor] }]);
    });

    it('is watched over whole tiles: what is published is expected, what is not is found once', async () => {
      const { urls, origins } = town();
      const watch = (...args: string[]): Promise<Run> =>
        log('watch', '--once', '--state', 'watched', '--repository-id', ID, ...at, ...witnessed, ...args);
      const first = await watch();
      expect(first).toMatchObject({ status: 0, stderr: '' });
      const [[, size] = []] = readsOf(first, origins.rekor) as string[][];
      const published = await signed();
      await addEntries(urls.rekor, 300);
      const stranger = await signed();
      const other = await sign(town(), { content: { message: MESSAGE }, by: 'acme/else' });
      // Who signs what a bundle of ours is about, and is not us, is a stranger.
      const found = [
        ['unpublished', origins.rekor, indexOf(stranger)],
        ['stranger', origins.rekor, indexOf(other)],
      ];
      write('published.json', published);
      const second = await watch('--bundle', 'published.json');
      expect([second.status, findingsOf(second)]).toEqual([1, found]);
      const read = readsOf(second, origins.rekor) as string[][];
      expect(read[0]?.[0]).toBe(size);
      expect(Number(read.at(-1)?.[1])).toBe(Number(size) + 303);
      expect(eventsIn(second).filter(({ event }) => event === 'read')).toMatchObject(
        read.map(() => ({ cosigned: 1, witnesses: 2 })),
      );
      const third = await watch('--bundle', 'published.json');
      expect([third.status, findingsOf(third)]).toEqual([0, []]);
      // From the beginning in another folder: those, what else this repository signed, and none of the others.
      const all = await watch('--state', 'all', '--from', '0', '--bundle', 'published.json', '--bundle', 'bundle.json');
      expect(findingsOf(all)).toEqual(found);
    });
  });

  it('goes on into the next shard, and still verifies the frozen one', async () => {
    const [old, next] = [newLog(folder, 'log2025.town.test'), newLog(folder, 'log2026.town.test')];
    const before = await newServer(old);
    const published = await signed(before.rekor);
    write('before.json', published);
    write('root-1.json', rootOf(namedInRoot(old)));
    const atOld = ['--log', `${old.origin}=${before.files}`];
    const watch = (...args: string[]): Promise<Run> =>
      log('watch', '--once', '--state', 'shards', '--repository-id', ID, '--bundle', 'before.json', ...args);
    const verify = (bundle: string, ...args: string[]): Promise<Run> =>
      log('verify', bundle, '--state', 'shards', ...args);
    expect((await watch('--trusted-root', 'root-1.json', ...atOld)).status).toBe(0);
    expect((await verify('before.json', '--trusted-root', 'root-1.json', ...atOld)).status).toBe(0);

    // The last entry of the old shard and the first of the new one are those that a watcher could miss.
    const last = await signed(before.rekor);
    const after = await newServer(next);
    const first = await signed(after.rekor);
    freeze(join(folder, old.origin, 'checkpoint'), old);
    const now = new Date().toISOString();
    // Shards are read in the order of their keys, not in that of the root.
    write('root-2.json', rootOf(namedInRoot(next, { start: now }), namedInRoot(old, { end: now })));
    const at = ['--trusted-root', 'root-2.json', ...atOld, '--log', `${next.origin}=${after.files}`];
    const rotated = await watch(...at);
    expect([rotated.status, findingsOf(rotated)]).toEqual([
      1,
      [
        ['unpublished', old.origin, indexOf(last)],
        ['unpublished', next.origin, indexOf(first)],
      ],
    ]);
    expect(readsOf(rotated, old.origin)).toEqual([['1', '2']]);
    expect(readsOf(rotated, next.origin)).toEqual([['0', '1']]);
    expect(await watch(...at)).toMatchObject({ status: 0 });

    const frozen = await verify('before.json', ...at);
    expect([frozen.status, entryIn(frozen)]).toMatchObject([
      0,
      { word: 'held', kept: '2', size: '2', frozen: expect.stringMatching(/^Log frozen — /) as string },
    ]);
    write('first.json', first);
    expect(entryIn(await verify('first.json', ...at))).toMatchObject({ word: 'held', log: next.origin, frozen: null });
    // A root that was not refreshed has no key of the new one.
    const stale = await verify('first.json', '--trusted-root', 'root-1.json', ...atOld);
    expect([stale.status, entryIn(stale)?.word]).toEqual([3, 'other-key']);
  });

  it('that signs two histories is a fork, which its file shows to anybody who has the root', async () => {
    const key = newLog(folder, 'forked.town.test');
    const [one, two] = [await newServer(key, 'history-1'), await newServer(key, 'history-2')];
    write('forked-root.json', rootOf(namedInRoot(key)));
    const bundle = await signed(one.rekor);
    write('forked.json', bundle);
    await addEntries(one.rekor, 4);
    // As many entries and more, and others: the same key signs both.
    await addEntries(two.rekor, 270);
    const root = ['--trusted-root', 'forked-root.json'];
    const see = (action: string, files: string, ...args: string[]): Promise<Run> =>
      log(action, '--state', 'forks', ...root, '--log', `${key.origin}=${files}`, ...args);
    const watching = ['--once', '--repository-id', ID];
    const seen = await see('verify', one.files, 'forked.json');
    expect([seen.status, entryIn(seen)?.word]).toEqual([0, 'held']);
    const kept = readFileSync(join(folder, 'forks', `${key.origin}.checkpoint`), 'utf8');

    const verified = await see('verify', two.files, 'forked.json');
    expect([verified.status, entryIn(verified)?.word]).toEqual([1, 'fork']);
    const watched = await see('watch', two.files, ...watching);
    expect([watched.status, wordsOf(watched)]).toEqual([1, ['fork']]);
    expect(readFileSync(join(folder, 'forks', `${key.origin}.checkpoint`), 'utf8')).toBe(kept);

    // A third party: a folder with the file and the root, and no log that answers.
    const evidence = [entryIn(verified)?.evidence, eventsIn(watched)[0]?.evidence];
    for (const file of evidence) {
      const third = mkdtempSync(join(folder, 'third-party-'));
      for (const [name, from] of [
        ['fork.json', file ?? ''],
        ['root.json', join(folder, 'forked-root.json')],
      ] as const) {
        writeFileSync(join(third, name), readFileSync(from));
      }
      const check = await assay(['log', 'verify', '--fork', 'fork.json', '--trusted-root', 'root.json'], third);
      expect(check).toMatchObject({ status: 1, stderr: '' });
      expect(check.stdout).toMatch(/^parted: a fork: the log signed two histories/);
      // Nobody can accuse another log with it.
      const innocent = await assay(
        ['log', 'verify', '--fork', 'fork.json', '--trusted-root', join(folder, 'root.json')],
        third,
      );
      expect(innocent.status).toBe(3);
    }
    // Each history on its own goes on, and is no fork.
    await addEntries(one.rekor, 3);
    const own = await see('verify', one.files, 'forked.json');
    expect([own.status, entryIn(own)?.word]).toEqual([0, 'held']);
  });
});
