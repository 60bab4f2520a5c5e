import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type BundleJson } from '../../lab/index.ts';
import { bundleOf, uuidOf } from '../../lab/logs.ts';
import { startSigstore } from '../../lab/sigstore/index.ts';
import { newTree } from '../../lab/sigstore/merkle.ts';
import { signedHead, V1_TREE } from '../../lab/sigstore/rekor.ts';
import { readPublished } from '../../src/logs/published.ts';
import { createScan } from '../../src/logs/scan.ts';
import { takeLease } from '../../src/store/lease.ts';
import type { Run } from '../cli/run.ts';
import { tufRepository } from '../../lab/tuf.ts';
import { serveRepository } from '../support/serve-repository.ts';
import { lockOf, NAMES, withLogs, type LabLogs } from './lab-logs.ts';
import { serveFiles } from './recorded.ts';

interface Event {
  readonly event: 'finding' | 'trouble' | 'read';
  readonly alarm?: string;
  readonly word?: string;
  readonly reason?: string;
  readonly log?: string;
  readonly from?: string;
  readonly to?: string;
  readonly evidence?: string | null;
  readonly hit?: { readonly index: string };
}
const eventsOf = ({ stdout }: Run): Event[] =>
  stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Event]));
const findingsOf = (run: Run): unknown[] =>
  eventsOf(run).flatMap(({ event, alarm, hit }) => (event === 'finding' ? [[alarm, hit?.index]] : []));
const readsOf = (run: Run): unknown[] =>
  eventsOf(run).flatMap(({ event, log, from, to }) => (event === 'read' && log === NAMES.v2 ? [[from, to]] : []));
const wordsOf = (run: Run): unknown[] => eventsOf(run).flatMap(({ word }) => word ?? []);

const ID = '4242';

interface Watching extends LabLogs {
  readonly watch: (...args: string[]) => Promise<Run>;
  /** An entry of the watched repository in Rekor v2; returns its position. */
  readonly signOurs: () => string;
  readonly grow: (entries: number) => void;
}

function watching(work: (logs: Watching) => Promise<void>): Promise<void> {
  return withLogs(async (logs) => {
    const { lab, run } = logs;
    await work({
      ...logs,
      watch: (...args) =>
        run(
          'log',
          'watch',
          '--once',
          '--json',
          '--state',
          'state',
          '--registry',
          lab.url,
          '--repository-id',
          ID,
          ...args,
        ),
      signOurs: () => {
        const { identity } = ciWorkflow({ repository: 'team/ours', repositoryId: ID });
        const bundle = lab.sigstore.signMessage(Buffer.from('x'), { identity }, { log: 'v2' });
        return bundle.verificationMaterial.tlogEntries[0]?.logIndex ?? '';
      },
      grow: (entries) => {
        for (let i = 0; i < entries; i += 1) lab.sigstore.rekor.v2.append({ apiVersion: '1', kind: 'x', spec: i }, 0);
      },
    });
  });
}

describe('watching the tiles of Rekor v2', () => {
  it('begins at the newest entry, then finds every entry of the repository once, over bundles and runs', async () => {
    await watching(async ({ watch, signOurs, grow, folder }) => {
      signOurs();
      const first = await watch();
      expect(first).toMatchObject({ status: 0, stderr: '' });
      expect(readsOf(first)).toEqual([['12', '12']]);
      grow(100);
      const a = signOurs();
      grow(300);
      const [b, c] = [signOurs(), signOurs()];
      const second = await watch();
      expect(second.status).toBe(1);
      expect(findingsOf(second)).toEqual([a, b, c].map((index) => ['unpublished', index]));
      expect(readsOf(second)).toEqual([['12', '415']]);
      const third = await watch();
      expect([third.status, findingsOf(third), readsOf(third)]).toEqual([0, [], [['415', '415']]]);
      const kept = readFileSync(join(folder, 'state', `${NAMES.v2}.position.json`), 'utf8');
      expect(JSON.parse(kept)).toMatchObject({ position: '415' });
      expect(lockOf(folder)).toMatch(/^free\n/);
      // What was kept outranks a beginning, which is said.
      expect((await watch('--from', '0')).stdout).toContain('--state with a new folder begins at 0');
      // From the beginning, on demand.
      expect(findingsOf(await watch('--from', '0', '--state', 'other'))).toHaveLength(4);
    });
  });

  it('tells each watch everything, where two take turns with one state', async () => {
    await watching(async ({ watch, lab }) => {
      const other = (): Promise<Run> => watch('--repository-id', '4343');
      const sign = (repositoryId: string): void => {
        const { identity } = ciWorkflow({ repository: `team/r${repositoryId}`, repositoryId });
        lab.sigstore.signMessage(Buffer.from('x'), { identity }, { log: 'v2' });
      };
      expect([(await watch()).status, (await other()).status]).toEqual([0, 0]);
      sign('4343');
      // It reads past what is nothing to it, and is for the other one.
      expect(findingsOf(await watch())).toEqual([]);
      expect(findingsOf(await other())).toEqual([['unpublished', '11']]);
      sign(ID);
      expect(findingsOf(await other())).toEqual([['unpublished', '12']]);
      expect(findingsOf(await watch())).toEqual([['unpublished', '12']]);
      expect([findingsOf(await watch()), findingsOf(await other())]).toEqual([[], []]);
      // A watch that is new to the state begins where the last one came to.
      sign(ID);
      expect(findingsOf(await watch('--repository-id', '4444'))).toEqual([['unpublished', '13']]);
    });
  });

  it('reads again what it read while the registry did not say what is theirs', async () => {
    await withLogs(async ({ lab, run, sign, folder }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
      const watch = (registry: string): Promise<Run> =>
        run('log', 'watch', 'p', '--once', '--json', '--state', 'state', '--registry', registry);
      const kept = (): unknown => JSON.parse(readFileSync(join(folder, 'state', `${NAMES.v2}.position.json`), 'utf8'));
      const gone = 'http://127.0.0.1:9/';
      // It begins where it begins, whatever is known by then.
      const first = await watch(gone);
      expect([first.status, readsOf(first)]).toEqual([3, [['11', '11']]]);
      expect(first.stderr).toMatch(/connection refused.*\nassay: what is read of logs now is read again once/);
      sign('v2', 'team/p');
      const blind = await watch(gone);
      expect([blind.status, findingsOf(blind), readsOf(blind)]).toEqual([3, [], [['11', '12']]]);
      expect(kept()).toMatchObject({ position: '11' });
      // The package is known, and not all of its bundles.
      lab.tamperAttestations('p', '1.0.0', () => ({ attestations: 1 }) as never);
      const half = await watch(lab.url);
      expect([half.status, findingsOf(half)]).toEqual([3, []]);
      lab.tamperAttestations('p', '1.0.0', (document) => document);
      const found = [['unpublished', '11']];
      expect(findingsOf(await watch(lab.url))).toEqual(found);
      const last = await watch(lab.url);
      expect([findingsOf(last), readsOf(last)]).toEqual([[], [['12', '12']]]);
    });
  });

  it('is another watch where the same words name something else, and the same where others name it', async () => {
    await withLogs(async ({ lab, run, sign, folder }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
      const { url } = await lab.mirror({ stripAttestations: true });
      const of = (what: string, registry = lab.url): Promise<Run> =>
        run('log', 'watch', what, '--once', '--json', '--state', 'state', '--registry', registry);
      expect([readsOf(await of('p')), readsOf(await of('p', url))]).toEqual([[['11', '11']], [['11', '11']]]);
      const bundle = sign('v2', 'team/p');
      // Of p at the other registry nobody knows who signs it.
      expect(findingsOf(await of('p', url))).toEqual([]);
      expect(findingsOf(await of('p'))).toEqual([['unpublished', '11']]);
      writeFileSync(join(folder, 'b.json'), JSON.stringify(bundle));
      expect(findingsOf(await of('b.json'))).toEqual([]);
      sign('v2', 'team/p');
      expect(findingsOf(await of('./b.json'))).toEqual([['unpublished', '12']]);
      expect(findingsOf(await of(join(folder, 'b.json')))).toEqual([]);
    });
  });

  it('begins where it is told to, whatever another watch read past', async () => {
    await watching(async ({ watch, signOurs }) => {
      const index = signOurs();
      const other = (...args: string[]): Promise<Run> => watch('--repository-id', '77', ...args);
      expect(readsOf(await other())).toEqual([['12', '12']]);
      expect(findingsOf(await watch('--from', '0'))).toEqual([['unpublished', index]]);
      // Only once: it has a position of its own.
      expect(readsOf(await watch('--from', '0'))).toEqual([['12', '12']]);
    });
  });

  it('watches an identity, a bundle and a file by what is theirs, and says where nobody is', async () => {
    await watching(async ({ run, lab, folder, sign }) => {
      const sha512 = createHash('sha512').update('the file').digest('hex');
      writeFileSync(join(folder, 'p.tgz'), 'the file');
      const bundle = sign('v2', 'team/p', { name: 'pkg:npm/p@1.0.0', digest: { sha512 } });
      writeFileSync(join(folder, 'p.json'), JSON.stringify(bundle));
      const subject = readPublished(bundle)?.subject ?? '';
      const of = (...args: string[]): Promise<Run> =>
        run('log', 'watch', ...args, '--once', '--json', '--from', '0', '--state', args.join('-').replace(/\W/g, ''));
      // Its own entry alarms nobody, and another one of its signer does.
      expect(findingsOf(await of('p.json'))).toEqual([]);
      sign('v2');
      expect(findingsOf(await of('p.json', '--contact', 'a@b.test'))).toEqual([['unpublished', '12']]);
      const named = await of(subject);
      expect([named.stderr, findingsOf(named)]).toEqual(['', ['11', '12'].map((index) => ['unpublished', index])]);
      expect(findingsOf(await of(subject, '--bundle', 'p.json'))).toEqual([['unpublished', '12']]);
      lab.sigstore.signMessage(
        Buffer.from('the file'),
        { identity: ciWorkflow({ repository: 'team/p' }).identity },
        { log: 'v2' },
      );
      const file = await of('p.tgz');
      expect(findingsOf(file)).toEqual([['stranger', '13']]);
      expect(file.stderr).toMatch(/^assay: p\.tgz: nobody knows which entries of it are yours, .*--bundle, or watch/);
      expect((await of('p.tgz', '--bundle', 'p.json')).stderr).toBe('');
      // A stranger is one by whatever name that nobody vouches for.
      const { fulcio } = startSigstore(lab.clock.now, { start: 0, end: lab.clock.now() * 2 });
      const { identity } = ciWorkflow({ repository: 'team/p', repositoryId: ID });
      for (const content of ['the file', 'other']) {
        lab.sigstore.signMessage(Buffer.from(content), { identity }, { log: 'v2', fulcio });
      }
      // Who signs with a key of P-384 logs the SHA-384.
      const data = { algorithm: 'SHA2_384', digest: createHash('sha384').update('the file').digest('base64') };
      const verifier = { keyDetails: 'PKIX_ECDSA_P384_SHA_384', publicKey: { rawBytes: 'AAAA' } };
      const spec = { hashedRekordV002: { data, signature: { content: 'AAAA', verifier } } };
      lab.sigstore.rekor.v2.append({ apiVersion: '0.0.2', kind: 'hashedrekord', spec }, 0);
      const strange = await of('p.tgz', '--repository-id', ID);
      expect([strange.status, findingsOf(strange)]).toEqual([
        1,
        [
          ['stranger', '13'],
          ['stranger', '14'],
          ['claimed', '15'],
          ['stranger', '16'],
        ],
      ]);
    });
  });

  it('does not alarm for a published bundle, nor fail for a certificate that nobody issued', async () => {
    await watching(async ({ watch, lab, folder }) => {
      const { identity } = ciWorkflow({ repository: 'team/ours', repositoryId: ID });
      const bundle = lab.sigstore.signMessage(Buffer.from('y'), { identity }, { log: 'v2' });
      writeFileSync(join(folder, 'b.json'), JSON.stringify(bundle));
      expect((await watch('--from', '0', '--bundle', 'b.json')).status).toBe(0);
      const { fulcio } = startSigstore(lab.clock.now, { start: 0, end: lab.clock.now() * 2 });
      lab.sigstore.signMessage(Buffer.from('z'), { identity }, { log: 'v2', fulcio });
      const claimed = await watch('--bundle', 'b.json');
      expect([claimed.status, findingsOf(claimed)]).toEqual([0, [['claimed', '12']]]);
      // Of another issuer the id is another repository's.
      const other = await watch('--from', '0', '--state', 'o', '--certificate-oidc-issuer', 'https://gitlab.com');
      expect([other.status, findingsOf(other)]).toEqual([0, []]);
    });
  });

  it('saves its position only after the webhook has the findings, and sends them again', async () => {
    await watching(async ({ watch, signOurs }) => {
      await watch();
      const index = signOurs();
      let status = 500;
      const got: string[] = [];
      const url = await serveFiles((method, _, body) => {
        got.push(`${method} ${body}`);
        return { status, body: '' };
      });
      const failed = await watch('--webhook', url);
      expect(failed.status).toBe(1);
      expect(failed.stderr).toMatch(/webhook did not take it/);
      expect(findingsOf(failed)).toEqual([['unpublished', index]]);
      status = 204;
      const done = await watch('--webhook', url);
      expect([done.status, findingsOf(done)]).toEqual([1, [['unpublished', index]]]);
      const [, last = ''] = /^POST (.*)$/s.exec(got.at(-1) ?? '') ?? [];
      expect(JSON.parse(last)).toMatchObject({ schema: 'assay.log-events/1', events: [{ alarm: 'unpublished' }] });
      const before = got.length;
      expect((await watch('--webhook', url)).status).toBe(0);
      expect(got).toHaveLength(before);
    });
  });

  it('shows findings whatever the webhook says, and sends it parts, of which claims hold nothing up', async () => {
    await watching(async ({ watch, signOurs, lab }) => {
      await watch();
      const { identity } = ciWorkflow({ repository: 'team/ours', repositoryId: ID });
      const { fulcio } = startSigstore(lab.clock.now, { start: 0, end: lab.clock.now() * 2 });
      for (let i = 0; i < 60; i += 1) {
        lab.sigstore.signMessage(Buffer.from(`z${i}`), { identity }, { log: 'v2', fulcio });
      }
      const index = signOurs();
      const taken: string[] = [];
      let limit = 0;
      const url = await serveFiles((_, __, body) => {
        if (body.length > limit) return { status: 413, body: '' };
        taken.push(...(JSON.parse(body) as { events: Event[] }).events.map(({ alarm }) => alarm ?? ''));
        return { status: body.includes('"claimed"') ? 400 : 204, body: '' };
      });
      limit = 10_000;
      const run = await watch('--webhook', url);
      expect(run.status).toBe(1);
      expect(findingsOf(run)).toHaveLength(61);
      expect(findingsOf(run)).toContainEqual(['unpublished', index]);
      expect(taken.slice(0, 2)).toEqual(['unpublished', 'claimed']);
      expect(findingsOf(await watch('--webhook', url))).toEqual([]);
    });
  });

  it.each<[string, string, number, (logs: Watching) => void]>([
    [
      'leaves an entry out of a bundle',
      'malformed',
      3,
      ({ v2, lab }) => {
        const all = lab.sigstore.rekor.v2.entries.map(({ bytes }) => bytes);
        v2.lie = (path) => (path.includes('/entries/000') ? { bytes: bundleOf(all.slice(0, 40)) } : undefined);
      },
    ],
    [
      'puts another entry in its place',
      'other-entry',
      1,
      ({ v2, lab }) => {
        const all = lab.sigstore.rekor.v2.entries.map(({ bytes }) => bytes);
        v2.lie = (path) =>
          path.includes('/entries/000') ? { bytes: bundleOf(all.with(12, all[13] ?? Buffer.alloc(0))) } : undefined;
      },
    ],
    [
      'serves a tile that does not fit',
      'unproven',
      1,
      ({ v2 }) => {
        v2.lie = (path) => (path.includes('/tile/0/') ? { bytes: Buffer.alloc(8192, 1) } : undefined);
      },
    ],
    [
      'rolls its checkpoint back',
      'smaller',
      3,
      ({ v2, lab }) => {
        const old = lab.sigstore.rekor.v2.head(5);
        v2.lie = (path) => (path.endsWith('/checkpoint') ? { bytes: Buffer.from(old) } : undefined);
      },
    ],
    [
      'signs another history',
      'fork',
      1,
      ({ v2, lab }) => {
        const other = startSigstore(lab.clock.now, { start: 0, end: 1 }).rekor.v2;
        other.append({ apiVersion: '1', kind: 'y', spec: 1 }, 0);
        const forked = lab.sigstore.rekor.v2.head(12, [], other.tree);
        v2.lie = (path) => (path.endsWith('/checkpoint') ? { bytes: Buffer.from(forked) } : undefined);
      },
    ],
    [
      'has pruned what was not read yet',
      'pruned',
      3,
      ({ v2 }) => {
        v2.lie = (path) => (path.includes('/entries/') ? { status: 404 } : undefined);
      },
    ],
    [
      'answers without end',
      'malformed',
      3,
      ({ v2 }) => {
        v2.lie = (path) => (path.includes('/entries/') ? { bytes: Buffer.alloc(17_000_000) } : undefined);
      },
    ],
    [
      'does not answer',
      'unavailable',
      3,
      ({ v2 }) => {
        v2.lie = () => ({ status: 403 });
      },
    ],
  ])('says so, and stays where it was, when the log %s: %s', async (_, word, status, lie) => {
    await watching(async (logs) => {
      const { watch, signOurs, grow, v2 } = logs;
      signOurs();
      await watch();
      const index = signOurs();
      grow(40);
      lie(logs);
      const run = await watch();
      expect([run.status, wordsOf(run), findingsOf(run)]).toEqual([status, [word], []]);
      if (word === 'fork') expect(eventsOf(run)[0]?.evidence).toMatch(/fork-[0-9a-f]{16}\.json$/);
      // Nothing was lost.
      v2.lie = () => undefined;
      expect(findingsOf(await watch())).toEqual([['unpublished', index]]);
    });
  });

  it('lets one run at a time use what is kept', async () => {
    await watching(async ({ watch, folder }) => {
      const lease = await takeLease(join(folder, 'state'), () => undefined, { beatMs: 50, lostMs: 1000 });
      if (typeof lease === 'string') throw new Error(lease);
      const run = await watch();
      expect([run.status, run.stderr]).toEqual([2, expect.stringMatching(/^assay: process \d+ on \S+ watches with /)]);
      lease.end();
      expect((await watch()).status).toBe(0);
    });
  });

  it('says which logs of a signing configuration cannot be read', async () => {
    await watching(async ({ watch, folder }) => {
      const log = (url: string, majorApiVersion: number): object => ({ url, majorApiVersion });
      const write = (...rekorTlogUrls: object[]): void => {
        const mediaType = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';
        writeFileSync(join(folder, 'signing.json'), JSON.stringify({ mediaType, rekorTlogUrls }));
      };
      write(log(`https://${NAMES.v1}`, 1), log(`https://${NAMES.v2}/`, 2));
      expect((await watch('--signing-config', 'signing.json')).status).toBe(0);
      write(log('https://log2027-1.rekor.lab.test', 2));
      const run = await watch('--signing-config', 'signing.json');
      expect([run.status, wordsOf(run)]).toEqual([3, ['other-key']]);
      expect(eventsOf(run)[0]?.log).toBe('log2027-1.rekor.lab.test');
      write({ url: 'x' });
      expect((await watch('--signing-config', 'signing.json')).status).toBe(2);
    });
  });

  it('takes what signers are told from the repository of the trusted root', async () => {
    await watching(async ({ watch, folder, lab }) => {
      const configOf = (...names: string[]): object => ({
        mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
        rekorTlogUrls: names.map((name) => ({ url: `https://${name}`, majorApiVersion: 2 })),
      });
      const repository = tufRepository({
        targets: { 'trusted_root.json': lab.trustedRoot, 'signing_config.v0.2.json': configOf(NAMES.v2) },
      });
      writeFileSync(join(folder, 'tuf-root.json'), repository.root);
      const server = await serveRepository(repository);
      const tuf = ['--tuf', server.url, '--tuf-root', 'tuf-root.json'];
      try {
        expect((await watch(...tuf)).status).toBe(0);
        repository.publish({ 'signing_config_rekor_v2.v0.2.json': configOf('log2027-1.rekor.lab.test') });
        const run = await watch(...tuf);
        expect([run.status, wordsOf(run)]).toEqual([3, ['other-key']]);
        expect(eventsOf(run)[0]?.log).toBe('log2027-1.rekor.lab.test');
        // A file that is named takes the place of both.
        writeFileSync(join(folder, 'signing.json'), JSON.stringify(configOf(NAMES.v2)));
        expect((await watch(...tuf, '--signing-config', 'signing.json')).status).toBe(0);
        repository.publish({ 'signing_config.v0.2.json': { mediaType: 'another' } });
        const broken = await watch(...tuf);
        expect([broken.status, broken.stderr]).toEqual([
          3,
          expect.stringContaining('signing_config.v0.2.json of http'),
        ]);
        // What its metadata do not say is no configuration: the target is refused, and not used.
        repository.publish({ 'signing_config.v0.2.json': configOf('log2028-1.rekor.lab.test') });
        for (const path of repository.files.keys()) {
          if (path.endsWith('.signing_config.v0.2.json')) repository.files.set(path, Buffer.from('{}'));
        }
        expect((await watch(...tuf)).stdout).not.toContain('log2028-1');
      } finally {
        await server.close();
      }
    });
  });

  it('demands witnesses where a policy does', async () => {
    await watching(async ({ watch, folder }) => {
      const vkey = 'w1.town.test+f792c3bf+AVCrRDzIr30oACCAjcbVR4d1W14nJj5b7dlulYiEcEd5';
      writeFileSync(join(folder, 'policy.txt'), `witness w ${vkey}\nquorum w\n`);
      const run = await watch('--witness-policy', 'policy.txt');
      expect([run.status, wordsOf(run)[0]]).toEqual([1, 'unwitnessed']);
      expect(eventsOf(run)[0]?.reason).toMatch(/0 of 1 witnesses/);
      writeFileSync(join(folder, 'policy.txt'), `witness w ${vkey}\nquorum none\n`);
      expect((await watch('--witness-policy', 'policy.txt')).status).toBe(0);
      // assay.yml names the same file; the command line outranks it.
      writeFileSync(join(folder, 'theirs.txt'), `witness w ${vkey}\ngroup g 1 w\nquorum g\n`);
      writeFileSync(join(folder, 'assay.yml'), 'trust:\n  witness-policy: theirs.txt\n');
      const ours = await watch();
      expect([ours.status, wordsOf(ours)[0]]).toEqual([1, 'unwitnessed']);
      expect((await watch('--witness-policy', 'policy.txt')).status).toBe(0);
      writeFileSync(join(folder, 'theirs.txt'), 'quorum\n');
      expect((await watch()).status).toBe(2);
    });
  });
});

describe('an entry that a bundle lists', () => {
  it('is published where the bundle is the one that it records, and else by nobody', async () => {
    await watching(({ lab }) => {
      const { identity } = ciWorkflow({ repository: 'team/ours', repositoryId: ID });
      const other = ciWorkflow({ repository: 'eve/x' }).identity;
      const statement = {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'x', digest: { sha512: '00'.repeat(64) } }],
        predicateType: 'x',
        predicate: {},
      };
      const signed = (by: typeof identity, what: string): BundleJson[] => [
        lab.sigstore.signMessage(Buffer.from(what), { identity: by }, { log: 'v2' }),
        ...(['v1', 'v2'] as const).map((log) =>
          lab.sigstore.signStatement({ ...statement, predicate: { what } }, { identity: by }, { log }),
        ),
      ];
      const faults = (json: unknown): unknown[] => readPublished(json)?.entries.map(({ fault }) => fault) ?? ['none'];
      const [mine, another, stranger] = [signed(identity, 'a'), signed(identity, 'b'), signed(other, 'a')];
      for (const bundle of mine) {
        expect(faults(bundle)).toEqual([null]);
        expect(readPublished(bundle)?.leaves).toHaveLength(1);
      }
      for (const swapped of [...another, ...stranger]) {
        for (const { verificationMaterial } of mine) {
          const { tlogEntries } = verificationMaterial;
          const listed = { ...swapped, verificationMaterial: { ...swapped.verificationMaterial, tlogEntries } };
          const published = readPublished(listed);
          expect(published?.entries).toEqual([expect.objectContaining({ fault: expect.any(String) as string })]);
          expect(published?.leaves).toEqual([]);
        }
      }
      return Promise.resolve();
    });
  });

  it('is an alarm where the registry lists it in a bundle of another signature', async () => {
    await watching(async ({ watch, lab, folder, run }) => {
      const { identity } = ciWorkflow({ repository: 'team/ours', repositoryId: ID });
      const evil = lab.sigstore.signMessage(Buffer.from('evil'), { identity }, { log: 'v2' });
      const index = evil.verificationMaterial.tlogEntries[0]?.logIndex;
      writeFileSync(join(folder, 'evil.json'), JSON.stringify(evil));
      writeFileSync(join(folder, 'fake.json'), JSON.stringify({ ...evil, messageSignature: { signature: 'AAAA' } }));
      const of = async (file: string): Promise<unknown> => findingsOf(await watch('--from', '0', '--bundle', file));
      expect(await of('fake.json')).toEqual([['unpublished', index]]);
      expect((await run('log', 'verify', 'evil.json', '--state', 'other', '--json')).status).toBe(0);
      const fake = await run('log', 'verify', 'fake.json', '--state', 'other', '--json');
      expect([fake.status, fake.stdout]).toEqual([3, expect.stringContaining('"word": "malformed"')]);
    });
  });
});

describe('watching the index of Rekor v1', () => {
  it('asks for every version and for the names that sign them, and tells each entry of others once', async () => {
    await watching(async ({ watch, lab, v1, sign }) => {
      const published = await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
      const bundles = (published.attestations?.attestations ?? []).map(({ bundle }): BundleJson => bundle);
      for (const bundle of bundles) v1.index(bundle);
      expect(await watch('p')).toMatchObject({ status: 0, stderr: '' });
      const asked = v1.requests.filter((request) => request.startsWith('POST'));
      expect(asked.some((request) => request.includes('"sha512:'))).toBe(true);
      expect(asked.some((request) => request.includes('"subject":"https://github.com/team/p/'))).toBe(true);
      const sha512 = Buffer.from(published.integrity.slice(7), 'base64').toString('hex');
      v1.index(sign('v1', 'mallory/p', { name: 'pkg:npm/p@1.0.0', digest: { sha512 } }));
      const run = await watch('p');
      expect(run.status).toBe(1);
      expect(findingsOf(run)).toMatchObject([['stranger', expect.anything()]]);
      expect(findingsOf(await watch('p'))).toEqual([]);
      // The same name, for something that is not published.
      const own = sign('v1', 'team/p', { name: 'x', digest: { sha512: '00'.repeat(64) } });
      const subject =
        /"subject":"([^"]+)"/.exec(asked.find((request) => request.includes('"subject"')) ?? '')?.[1] ?? '';
      v1.index(own, [subject]);
      expect(findingsOf(await watch('p'))).toMatchObject([['unpublished', expect.anything()]]);
    });
  });

  it('looks at what it has not seen first, whatever number of known entries the index names before', async () => {
    await watching(async ({ watch, lab, v1, sign, folder }) => {
      const { integrity } = await lab.publish({ name: 'p', version: '1.0.0', by: token({ user: 'jane' }) });
      expect((await watch('p')).status).toBe(0);
      const told = Array.from({ length: 200 }, (_, i) => String(i).padStart(64, '0'));
      const lines = told.map((leaf, i) => (i % 2 === 0 ? leaf : `${leaf} claimed`));
      writeFileSync(join(folder, 'state', `${NAMES.v1}%20findings.position.json`), `${lines.join('\n')}\n`);
      const sha512 = Buffer.from(integrity.slice(7), 'base64').toString('hex');
      const before = lab.sigstore.rekor.v1.entries.length;
      sign('v1', 'eve/p', { name: 'pkg:npm/p@1.0.0', digest: { sha512 } });
      const id = uuidOf(lab.sigstore.rekor.v1.entries[before]?.bytes ?? Buffer.alloc(0));
      v1.lie = (path) => (path.includes('/index/') ? { json: [...told, id] } : undefined);
      const run = await watch('p', '--repository-id', '7');
      expect([run.status, findingsOf(run)]).toEqual([1, [['stranger', expect.anything()]]]);
      expect(run.stdout).not.toContain('not looked at');
    });
  });

  it('tells what was a claim again where it is more, as to a watch of what it is about', async () => {
    await watching(async ({ watch, lab, v1 }) => {
      const by = ciWorkflow({ repository: 'team/p' });
      const { integrity } = await lab.publish({ name: 'p', version: '1.0.0', by: token({ user: 'jane' }) });
      const sha512 = Buffer.from(integrity.slice(7), 'base64').toString('hex');
      const { fulcio } = startSigstore(lab.clock.now, { start: 0, end: lab.clock.now() * 2 });
      const statement = {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'pkg:npm/p@1.0.0', digest: { sha512 } }],
        predicateType: 'x',
        predicate: {},
      };
      const fake = lab.sigstore.signStatement(statement, { identity: by.identity }, { log: 'v1', fulcio });
      const subject = readPublished(fake)?.subject ?? '';
      v1.index(fake, [subject]);
      const claimed = await watch(subject);
      expect([claimed.status, findingsOf(claimed)]).toEqual([0, [['claimed', expect.anything()]]]);
      expect(findingsOf(await watch(subject))).toEqual([]);
      const strange = await watch('p');
      expect([strange.status, findingsOf(strange)]).toEqual([1, [['stranger', expect.anything()]]]);
      expect(findingsOf(await watch('p'))).toEqual([]);
    });
  });

  it('makes no statement where the index does not answer or hides what is published', async () => {
    await watching(async ({ watch, lab, v1 }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
      expect((await watch('p')).status).toBe(3);
      v1.lie = (path) => (path.includes('/index/') ? { status: 422 } : undefined);
      expect((await watch('p')).status).toBe(3);
    });
  });

  it('holds every tree that was kept to today’s, and says where the log goes on in another', async () => {
    await watching(async ({ watch, lab, v1, folder }) => {
      const { v1: log } = lab.sigstore.rekor;
      expect((await watch()).status).toBe(0);
      const kept = readdirSync(join(folder, 'state')).filter((name) => name.startsWith(`${NAMES.v1}%20-`));
      expect(kept).toEqual([expect.stringContaining(String(V1_TREE))]);
      const tree = newTree();
      tree.append(Buffer.from('x'));
      const shards = (active: string, ...inactive: string[]): void => {
        v1.lie = (path) =>
          path === '/api/v1/log'
            ? {
                json: {
                  signedTreeHead: active,
                  inactiveShards: inactive.map((signedTreeHead) => ({ signedTreeHead })),
                },
              }
            : undefined;
      };
      const next = signedHead(log, `${NAMES.v1} - 77`, tree);
      const outcome = async (): Promise<unknown> => {
        const run = await watch();
        return [run.status, wordsOf(run)];
      };
      // The kept tree is gone, is another history, or an older one.
      shards(next);
      expect(await outcome()).toEqual([1, ['other-tree']]);
      shards(next, signedHead(log, `${NAMES.v1} - 0${V1_TREE}`, tree));
      expect(await outcome()).toEqual([1, ['other-tree']]);
      const other = newTree();
      while (other.size() < log.tree.size()) other.append(Buffer.from('y'));
      shards(next, log.head(undefined, [], other));
      expect(await outcome()).toEqual([1, ['fork']]);
      shards(next, log.head(5));
      expect(await outcome()).toEqual([3, ['smaller']]);
      shards(next, startSigstore(lab.clock.now, { start: 0, end: 1 }).rekor.v1.head());
      expect(await outcome()).toEqual([3, ['other-key']]);
      expect(readdirSync(join(folder, 'state')).some((name) => name.includes('77.checkpoint'))).toBe(false);
      // A shard that is complete, and one that goes on.
      shards(next, log.head());
      const run = await watch();
      expect([run.status, run.stdout]).toEqual([
        0,
        expect.stringContaining(`goes on in another shard, ${NAMES.v1} - 77`),
      ]);
      expect(await outcome()).toEqual([0, []]);
      shards(log.head());
      expect(await outcome()).toEqual([1, ['other-tree']]);
    });
  });

  it('asks a log that answers nothing once in a round, however many packages there are', async () => {
    await watching(async ({ watch, lab, v1 }) => {
      for (const name of ['p', 'q', 'r']) {
        await lab.publish({ name, version: '1.0.0', by: ciWorkflow({ repository: `team/${name}` }) });
      }
      const questions = async (...names: string[]): Promise<number> => {
        const before = v1.requests.length;
        expect((await watch(...names)).status).toBe(3);
        return v1.requests.slice(before).filter((request) => request.includes('/index/')).length;
      };
      v1.lie = (path) => (path.includes('/index/') ? { status: 422 } : undefined);
      const ofOne = await questions('p');
      expect(ofOne).toBeGreaterThan(0);
      expect(await questions('p', 'q', 'r')).toBe(ofOne);
      expect((await watch('p', 'q', 'r')).stdout).toMatch(
        /\d+ more questions were not asked, as it answered no question/,
      );
      // The next round asks it again.
      v1.lie = () => undefined;
      expect(await questions('p', 'q', 'r')).toBeGreaterThan(ofOne);
    });
  });
});

describe('the look at raw bytes', () => {
  it('lets every entry of the repository pass, however it is written, and few others', async () => {
    await watching(({ signOurs, lab }) => {
      const index = Number(signOurs());
      const entry = lab.sigstore.rekor.v2.entries[index]?.bytes.toString() ?? '';
      const scan = createScan({ repositoryIds: [ID], subjects: [], digests: [] });
      expect(scan(Buffer.from(entry))).toBe(true);
      expect(createScan({ repositoryIds: ['424'], subjects: [], digests: [] })(Buffer.from(entry))).toBe(false);
      const written = [
        JSON.stringify(JSON.parse(entry), null, 1),
        entry.replace('rawBytes', 'raw\\u0042ytes'),
        entry.replaceAll('/', '\\/'),
        entry.replace('{', '{"rawBytes":"AAAA",'),
        entry.replace('"rawBytes":', '"rawBytes" : '),
        entry.replace('hashedrekord', 'unknown'),
        entry.replace('rawBytes', 'other'),
        // A decoy, and what is read spelled in another way.
        entry
          .replace('{', '{"a":{"digest":"AAAA","rawBytes":"AAAA"},')
          .replace(/"(rawBytes|digest)":"(?!AAAA")/g, '"$1" :"'),
        entry
          .replace('{', '{"a":{"digest":"AAAA","rawBytes":"AAAA"},')
          .replace(/"(rawBytes|digest)":"(?!AAAA")/g, '"$1":\n"'),
        entry
          .replace('{', '{"a":{"digest":"AAAA","rawBytes":"AAAA"},')
          .replace(/"(rawBytes|digest)":"(?!AAAA")/g, '"$1":\t"'),
        `${entry.slice(0, -1)},"spec":{"hashedRekordV002":{"data":{"digest":"AAAA"},"signature":{"verifier":{"x509Certificate":{"rawBytes" :"AAAA"}}}}}}`,
        ` ${entry}`,
        `${entry}\n`,
      ];
      for (const text of written) expect([scan(Buffer.from(text)), text]).toEqual([true, text]);
      fc.assert(fc.property(fc.uint8Array(), (bytes) => !scan(Buffer.from(bytes))));
      return Promise.resolve();
    });
  });

  it('lets every entry pass that names a digest of theirs, also where it cannot be read', () => {
    const bytes = createHash('sha256').update('theirs').digest();
    const scan = createScan({
      repositoryIds: [],
      subjects: [],
      digests: [{ algorithm: 'sha256', hex: bytes.toString('hex') }],
    });
    const raw = Buffer.alloc(60, 7).toString('base64');
    const signature = {
      content: raw,
      verifier: { keyDetails: 'PKIX_ECDSA_P256_SHA_256', publicKey: { rawBytes: raw } },
    };
    const entry = (digest: string, ...signatures: object[]): string =>
      JSON.stringify({
        apiVersion: '0.0.2',
        kind: 'dsse',
        spec: { dsseV002: { payloadHash: { algorithm: 'SHA2_256', digest }, signatures } },
      });
    const variants = (digest: string): string[] => {
      const one = entry(digest, signature);
      return [
        one,
        // As Rekor writes what several signed, or nobody.
        entry(digest, signature, signature),
        entry(digest),
        one.replace('0.0.2', '0.0.3'),
        one.replace('"dsse"', '"intoto"'),
        one.replace('payloadHash', 'other'),
        one.replace('SHA2_256', 'SHA2_384'),
        entry(digest, signature, signature).replace(
          digest,
          digest.replaceAll(/[a-z]/g, (a) => `\\u00${a.charCodeAt(0).toString(16)}`),
        ),
        entry(bytes.toString('base64') === digest ? bytes.toString('hex') : digest).replace('0.0.2', '0.0.1'),
        `[${one}`,
      ];
    };
    const digest = bytes.toString('base64');
    for (const text of variants(digest)) expect([scan(Buffer.from(text)), text]).toEqual([true, text]);
    // Bits that no byte is made of.
    const other = `${digest.slice(0, -2)}${String.fromCharCode(digest.charCodeAt(digest.length - 2) + 1)}=`;
    expect([Buffer.from(other, 'base64').equals(bytes), scan(Buffer.from(entry(other, signature, signature)))]).toEqual(
      [true, true],
    );
    const nothing = createHash('sha256').update('others').digest('base64');
    for (const text of variants(nothing)) expect([scan(Buffer.from(text)), text]).toEqual([false, text]);
  });
});
