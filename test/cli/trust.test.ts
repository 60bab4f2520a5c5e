import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { newBehaviours, type Behaviours } from '../../lab/behaviours.ts';
import { ciWorkflow } from '../../lab/index.ts';
import type { LoggedRequest } from '../../lab/server.ts';
import { tufRepository, type TufRepository } from '../../lab/tuf.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { serveRepository } from '../support/serve-repository.ts';
import { configOf, inFolder, type Run } from './run.ts';

interface TrustProject extends LabProject {
  readonly repository: TufRepository;
  readonly behaviours: Behaviours;
  /** What it was asked. */
  readonly requests: LoggedRequest[];
  /** Audits with the repository, a cache, and no other root; the report's trust where it is JSON. */
  readonly audit: (...args: string[]) => Promise<Run>;
  readonly trustOf: (run: Run) => Trust;
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The file that keeps what was verified. */
  readonly kept: () => string;
  readonly stop: () => Promise<void>;
}

interface Trust {
  readonly root: string;
  readonly rootDigest: string;
  readonly registries: readonly { readonly keys: readonly { readonly origin: string }[] }[];
  readonly repository: Readonly<Record<string, unknown>>;
}

/** A project of one package, whose trusted root and registry keys a TUF repository publishes. */
function withTrust(work: (project: TrustProject) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    const { lab, folder, lock } = project;
    await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    await lock({ p: '1.0.0' });
    const targets = { 'trusted_root.json': lab.trustedRoot, 'registry.npmjs.org/keys.json': lab.tufKeys };
    const repository = tufRepository({ targets });
    writeFileSync(join(folder, 'tuf-root.json'), repository.root);
    const behaviours = newBehaviours();
    const server = await serveRepository(repository, behaviours);
    const { requests } = server;
    const env = { ASSAY_CACHE: join(folder, 'kept'), XDG_CONFIG_HOME: configOf(folder) };
    const options = ['--tuf', server.url, '--tuf-root', 'tuf-root.json'];
    const place = join(folder, 'kept/trust/v1');
    try {
      await work({
        ...project,
        repository,
        behaviours,
        requests,
        audit: (...args) => {
          requests.length = 0;
          return assayInside(['audit', ...options, ...args], folder, env);
        },
        trustOf: ({ stdout }) => (JSON.parse(stdout) as { trust: Trust }).trust,
        options,
        env,
        kept: () => join(place, readdirSync(place)[0] ?? ''),
        stop: server.close,
      });
    } finally {
      await server.close();
    }
  });
}

const pathsOf = (requests: readonly LoggedRequest[]): string[] => requests.map(({ url }) => url.slice(1));

interface LabRoot {
  readonly tlogs: readonly { readonly publicKey: object }[];
}

/** A root whose logs' keys are not valid any more, so that it verifies nothing. */
function withOldLogs(root: LabRoot): LabRoot {
  const validFor = { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' };
  return { ...root, tlogs: root.tlogs.map((log) => ({ ...log, publicKey: { ...log.publicKey, validFor } })) };
}

describe('an audit under a repository of trust', () => {
  it('takes root and keys from it, and asks only for its timestamp the next time', async () => {
    await withTrust(async ({ audit, trustOf, requests }) => {
      const first = await audit('--json');
      expect(first).toMatchObject({ status: 0, stderr: '' });
      const { registries, repository } = trustOf(first);
      // The repository is the user's own, and so are its keys.
      expect(registries[0]?.keys.map(({ origin }) => origin)).toEqual(['configured']);
      expect(repository).toMatchObject({ state: 'current', origin: 'repository', problem: null });
      expect(requests.length).toBeGreaterThan(4);
      expect(trustOf(await audit('--json')).repository).toMatchObject({ state: 'current' });
      expect(pathsOf(requests)).toEqual(['timestamp.json']);
      expect(requests[0]?.headers['if-none-match']).toBeDefined();
    });
  });

  it('says what it uses where the repository is gone, and holds all the same', async () => {
    await withTrust(async ({ audit, trustOf, stop }) => {
      const { rootDigest } = trustOf(await audit('--json'));
      await stop();
      const run = await audit('--json');
      expect(run.status).toBe(0);
      expect(trustOf(run)).toMatchObject({ rootDigest, repository: { state: 'unavailable', origin: 'repository' } });
      const { stdout } = await audit();
      expect(stdout.replace(/\s+/g, ' ')).toMatch(
        /newer root could not be asked of .*; the one in use was the newest on \d{4}-/,
      );
    });
  });

  it('takes no root that is not signed, nor keeps it', async () => {
    await withTrust(async ({ audit, trustOf, repository, lab }) => {
      const { rootDigest } = trustOf(await audit('--json'));
      const theirs = tufRepository({ targets: { 'trusted_root.json': { ...lab.trustedRoot, tlogs: [] } } });
      theirs.publish({});
      const mine = new Map(repository.files);
      for (const [path, bytes] of theirs.files) repository.files.set(path, bytes);
      for (let i = 0; i < 2; i++) {
        const run = await audit('--json');
        expect(run.status).toBe(0);
        expect(trustOf(run)).toMatchObject({ rootDigest, repository: { state: 'refused' } });
      }
      expect((await audit()).stdout).toContain('WARNING: what http://127.0.0.1');
      for (const [path, bytes] of mine) repository.files.set(path, bytes);
      expect(trustOf(await audit('--json'))).toMatchObject({ rootDigest, repository: { state: 'current' } });
    });
  });

  it('uses a newer root in the run that learns of it', async () => {
    await withTrust(async ({ audit, trustOf, lab, edit }) => {
      edit('root.json', (text) => JSON.stringify(withOldLogs(JSON.parse(text) as LabRoot)));
      const alone = await audit('--trusted-root', 'root.json', '--no-cache', '--json');
      expect(alone).toMatchObject({ status: 0, stderr: '' });
      const digest = createHash('sha256').update(JSON.stringify(lab.trustedRoot)).digest('hex');
      expect(trustOf(alone)).toMatchObject({ rootDigest: digest, repository: { origin: 'repository' } });
    });
  });

  it('loses time and nothing else where what it kept was changed', async () => {
    await withTrust(async ({ audit, trustOf, kept, requests }) => {
      const { rootDigest } = trustOf(await audit('--json'));
      const before = readFileSync(kept());
      for (const change of [
        before.subarray(0, 100),
        Buffer.concat([before, before]),
        Buffer.from(before).fill(0, 40, 60),
      ]) {
        writeFileSync(kept(), change);
        expect(trustOf(await audit('--json'))).toMatchObject({ rootDigest, repository: { state: 'current' } });
        expect(requests.length).toBeGreaterThan(4);
      }
    });
  });

  it('asks for a target that an earlier run had from a file, and verifies with the same under every cache', async () => {
    await withTrust(async ({ audit, trustOf, lab, folder }) => {
      writeFileSync(join(folder, 'same.json'), JSON.stringify(lab.trustedRoot));
      writeFileSync(join(folder, 'other.json'), JSON.stringify(withOldLogs(lab.trustedRoot)));
      const rootDigest = createHash('sha256').update(JSON.stringify(lab.trustedRoot)).digest('hex');
      for (const args of [['--trusted-root', 'same.json'], [], ['--trusted-root', 'other.json']]) {
        for (const cache of [[], ['--no-cache']]) {
          const run = await audit('--json', ...args, ...cache);
          expect(run).toMatchObject({ status: 0, stderr: '' });
          expect(trustOf(run)).toMatchObject({ rootDigest, repository: { state: 'current', origin: 'repository' } });
        }
      }
    });
  });

  it('does not forget a root that revokes a key, though what comes after it fails', async () => {
    await withTrust(async ({ audit, trustOf, repository, options, env, folder }) => {
      const { rootDigest } = trustOf(await audit('--json'));
      const before = new Map(repository.files);
      repository.rotate('timestamp');
      const root = repository.files.get('2.root.json') ?? Buffer.alloc(0);
      repository.files.set('timestamp.json', before.get('timestamp.json') ?? Buffer.alloc(0));
      const expected = { rootDigest, repository: { state: 'refused', versions: { root: 2 } } };
      const refreshed = await assayInside(['trust', 'refresh', ...options, '--json'], folder, env);
      expect(refreshed).toMatchObject({ status: 3, stderr: '' });
      expect(JSON.parse(refreshed.stdout)).toMatchObject(expected);
      repository.files.delete('2.root.json');
      for (let i = 0; i < 2; i++) {
        const run = await audit('--json');
        expect(run.status).toBe(0);
        expect(trustOf(run)).toMatchObject(expected);
      }
      repository.files.set('2.root.json', root);
      repository.touch();
      const last = trustOf(await audit('--json'));
      expect(last).toMatchObject({ rootDigest, repository: { state: 'current', versions: { root: 2 } } });
    });
  });

  it.each([403, 404, 410])(
    'takes %d for the root after the newest as the end, and for nothing else',
    async (status) => {
      await withTrust(async ({ audit, trustOf, behaviours, repository }) => {
        repository.rotate('targets');
        behaviours.add(/^\/3\.root\.json$/, { status });
        expect(trustOf(await audit('--json'))).toMatchObject({
          repository: { state: 'current', versions: { root: 2 } },
        });
        behaviours.add(/^\/timestamp\.json$/, { status });
        expect(trustOf(await audit('--json')).repository).toMatchObject({ state: 'unavailable' });
      });
    },
  );

  it('sends no credentials there', async () => {
    await withTrust(async ({ audit, edit, options, requests }) => {
      const host = new URL(options[1] ?? '').host;
      edit('.npmrc', (text) => `${text}//${host}/:_authToken=secret\n`);
      expect((await audit()).status).toBe(0);
      expect(requests.length).toBeGreaterThan(0);
      expect(requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    });
  });

  it('makes no statement where there is no root at all', async () => {
    await withTrust(async ({ audit, stop }) => {
      await stop();
      const { status, stdout, stderr } = await audit('--no-cache');
      expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
      expect(stderr).toMatch(/^assay: no trusted root from http:\/\/127\.0\.0\.1:\d+\/: .*\n$/);
    });
  });

  it('may be named by the policy', async () => {
    await withTrust(async ({ folder, options, env }) => {
      writeFileSync(
        join(folder, 'assay.yml'),
        `trust:\n  tuf:\n    url: ${options[1] ?? ''}\n    root: tuf-root.json\n`,
      );
      const run = await assayInside(['--json'], folder, env);
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(run.stdout).toContain('"state": "current"');
    });
  });
});

describe('a key that nobody knows', () => {
  it('is a contradiction where the repository answered, and no statement where it could not be asked', async () => {
    await withTrust(async ({ lab, lock, audit, trustOf, stop, repository }) => {
      await lab.publish({
        name: 'q',
        version: '1.0.0',
        by: ciWorkflow({ repository: 'team/q' }),
        signatures: ['unknown-key'],
      });
      await lock({ p: '1.0.0', q: '1.0.0' });
      const codesOf = ({ stdout }: Run): string[] =>
        (JSON.parse(stdout) as { dependencies: { findings: { code: string }[] }[] }).dependencies.flatMap(
          ({ findings }) => findings.map(({ code }) => code),
        );
      for (let i = 0; i < 2; i++) {
        const answered = await audit('--json');
        expect({ status: answered.status, codes: codesOf(answered) }).toEqual({
          status: 1,
          codes: ['signature-key-unknown'],
        });
      }
      // What does not hold is no answer either.
      const mine = repository.files.get('timestamp.json') ?? Buffer.alloc(0);
      repository.files.set('timestamp.json', Buffer.from('{}'));
      const refused = await audit('--json');
      expect(trustOf(refused).repository).toMatchObject({ state: 'refused' });
      expect({ status: refused.status, codes: codesOf(refused) }).toEqual({
        status: 3,
        codes: ['evidence-unavailable'],
      });
      repository.files.set('timestamp.json', mine);
      expect((await audit()).status).toBe(1);
      await stop();
      for (const args of [[], ['--trusted-root', 'root.json', '--no-cache']]) {
        const unasked = await audit('--json', ...args);
        expect({ status: unasked.status, codes: codesOf(unasked) }).toEqual({
          status: 3,
          codes: ['evidence-unavailable'],
        });
        expect(unasked.stdout).toContain('newer-keys');
        expect((await audit(...args)).stdout.replace(/\s+/g, ' ')).toContain('assay trust refresh');
      }
    });
  });

  it('holds as soon as the repository has it', async () => {
    await withTrust(async ({ lab, lock, audit, repository }) => {
      await lab.publish({ name: 'q', version: '1.0.0', by: ciWorkflow({ repository: 'team/q' }) });
      await lock({ q: '1.0.0' });
      repository.publish({ 'registry.npmjs.org/keys.json': { keys: [] } });
      lab.behave(/\/keys$/, { status: 404 });
      expect((await audit()).status).toBe(1);
      repository.publish({ 'registry.npmjs.org/keys.json': lab.tufKeys });
      expect((await audit()).status).toBe(0);
    });
  });
});

describe('assay trust', () => {
  it('shows what is known, and asks for more when it is told to', async () => {
    await withTrust(async ({ folder, options, env, requests }) => {
      const trust = (...args: string[]): Promise<Run> => assayInside(['trust', ...options, ...args], folder, env);
      expect(await trust()).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(
          /nothing is known of http:\/\/127\S+ yet: assay trust refresh asks it, with/,
        ) as string,
      });
      expect(requests).toEqual([]);
      const refreshed = await trust('refresh');
      expect(refreshed).toMatchObject({ status: 0, stderr: '' });
      expect(refreshed.stdout).toContain('there is nothing newer');
      requests.length = 0;
      const shown = await trust('--json');
      expect(requests).toEqual([]);
      expect(shown.stdout).toContain('"state": "unasked"');
      const schema = resolve(import.meta.dirname, '../../docs/schemas/trust-1.schema.json');
      const ajv = new Ajv2020();
      addFormats.default(ajv);
      expect(ajv.validate(JSON.parse(readFileSync(schema, 'utf8')) as object, JSON.parse(shown.stdout))).toBe(true);
    });
  });

  it('shows the public-good root without asking, and says where nobody could be asked', async () => {
    await inFolder(async (folder) => {
      const shown = await assayInside(['trust'], folder);
      expect(shown).toMatchObject({ status: 0, stderr: '' });
      expect(shown.stdout).toContain('rekor.sigstore.dev');
      const refreshed = await assayInside(['trust', 'refresh'], folder);
      expect(refreshed.status).toBe(3);
      expect(refreshed.stdout).toContain('no answer');
    });
  });

  it.each([
    [['trust', 'add'], /trust takes nothing, refresh, export, import with a file or folder, or hosts/],
    [['trust', '--tuf', 'http://127.0.0.1:9/'], /--tuf needs --tuf-root FILE/],
    [['trust', '--tuf-root', 'x.json'], /--tuf-root needs --tuf URL/],
    [['trust', '--tuf', 'ftp://x/', '--tuf-root', 'x.json'], /--tuf needs a folder, or an http or https URL/],
    [
      ['trust', '--tuf', 'http://127.0.0.1:9/', '--tuf-root', 'x.json'],
      /cannot read the TUF root x\.json: no such file/,
    ],
    [['trust', '--tuf', 'http://127.0.0.1:9/', '--tuf-root', 'bad.json'], /the TUF root bad\.json cannot be used: /],
    [
      ['trust', '--tuf', 'http://127.0.0.1:9/', '--tuf-root', 'unsigned.json'],
      /unsigned\.json cannot be used: it is not signed by enough of its own keys/,
    ],
    [['trust', 'refresh', '--trusted-root', 'root.json'], /nobody publishes this root/],
  ])('%j is wrong usage', async (args, message) => {
    await withProject(async ({ folder }) => {
      writeFileSync(join(folder, 'bad.json'), '{}');
      const { signed } = JSON.parse(tufRepository({ targets: {} }).root.toString()) as { signed: object };
      writeFileSync(join(folder, 'unsigned.json'), JSON.stringify({ signed, signatures: [] }));
      const { status, stdout, stderr } = await assayInside(args, folder);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    });
  });
});
