import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ManifestJson } from '../../lab/documents.ts';
import { tufRepository, type TufRepository } from '../../lab/tuf.ts';
import { assayInside } from '../cli/inside.ts';
import { configOf, type Run } from '../cli/run.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { startGateway } from './gateway.ts';
import { serveFiles, type Listening } from './listen.ts';
import { entryIn as logEntry, eventsIn, logJson, serveTiles } from './log-run.ts';
import { inWorkflowOf, npmClient, writePackage, type Npm } from './npm.ts';
import { startRegistry, type TownRegistry } from './registry.ts';
import { rekorForNpm } from './rekor-v1.ts';
import { identityOf, provenanceOf, sign, type EntryKind } from './sign.ts';
import { hasRekorV1, withServers } from './support.ts';

const NAME = '@acme/lib';
const TEAM = 'acme/lib';
/** What `npm audit signatures` says where both a signature and an attestation of each package hold. */
const VERIFIED = /1 package has a verified registry signature[^]*1 package has a verified attestation/;

/** What `npm pack --json` says, as far as a manifest has it as well. */
type PackedJson = ManifestJson['dist'] & { readonly filename: string };

interface ProvenanceJson {
  readonly log: readonly { readonly kind: string; readonly version: string }[];
}

/** What the tests read of a report. */
interface Report {
  readonly findings: readonly {
    readonly name: string;
    readonly version: string;
    readonly code: string;
    readonly level: string;
  }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly dependencies: readonly { readonly proofs: { readonly provenance: ProvenanceJson | null } }[];
}

withServers('packages that npm published', (town) => {
  let folder: string;
  let registry: TownRegistry;
  let tuf: TufRepository;
  let mirror: Listening;
  let npm: Npm;
  const closing: Pick<Listening, 'close'>[] = [];

  /** Publishes with provenance that npm signs, and returns what npm said. */
  const publish = (version: string, repository: string, args: readonly string[]): Promise<Run> => {
    const place = writePackage(folder, NAME, version, TEAM);
    return npm(['publish', '--access', 'public', ...args], place, inWorkflowOf(town(), repository));
  };
  /** Publishes with provenance that was signed into Rekor v2 before. */
  const publishSigned = async (version: string, kind: EntryKind): Promise<Run> => {
    const place = writePackage(folder, NAME, version, TEAM);
    const packed = await npm(['pack', '--json'], place);
    const [dist] = JSON.parse(packed.stdout) as [PackedJson];
    const tarball = readFileSync(join(place, dist.filename));
    const statement = provenanceOf(NAME, version, tarball, TEAM);
    const bundle = JSON.stringify(await sign(town(), { content: { statement }, by: TEAM, kind }));
    const file = join(folder, 'provenance.json');
    writeFileSync(file, bundle);
    if (kind === 'dsse') {
      return npm(['publish', dist.filename, '--access', 'public', '--provenance-file', file], place);
    }
    // npm verifies the file first, and does not know what digest of an envelope Rekor v2 has in a hashedrekord.
    const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as ManifestJson;
    await registry.take({
      name: NAME,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, dist } },
      _attachments: { 'a.tgz': { data: tarball.toString('base64') }, 'a.sigstore': { data: bundle } },
    });
    return packed;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'assay-town-npm-'));
    registry = await startRegistry(town());
    const rekor = await rekorForNpm(town());
    const { root } = rekor;
    const host = new URL(registry.url).host;
    tuf = tufRepository({
      targets: {
        'trusted_root.json': root,
        'registry.npmjs.org/keys.json': registry.tufKeys,
        [`${host}/keys.json`]: registry.tufKeys,
      },
      hosts: ['registry.npmjs.org', host],
    });
    mirror = await serveFiles((path) => tuf.files.get(path) ?? null);
    const gateway = await startGateway(town().folder, {
      'fulcio.sigstore.dev': town().urls.fulcio,
      'rekor.sigstore.dev': rekor.url,
      'tuf-repo-cdn.sigstore.dev': mirror.url,
    });
    closing.push(registry, rekor, mirror, gateway);
    npm = npmClient(town(), { registry, gateway: gateway.url, folder, tuf });
    writeFileSync(join(folder, 'root.json'), JSON.stringify(root));
    writeFileSync(join(folder, 'keys.json'), JSON.stringify(registry.keys));
    writeFileSync(join(folder, 'tuf-root.json'), tuf.root);
    const published = [
      await publish('1.0.0', TEAM, ['--provenance']),
      await publishSigned('1.1.0', 'dsse'),
      await publishSigned('1.2.0', 'hashedrekord'),
      await publish('1.3.0', TEAM, []),
      await publish('1.4.0', 'mallory/lib', ['--provenance']),
    ];
    for (const { status, stderr } of published) expect(stderr, stderr).toBe(status === 0 ? stderr : '');
  });

  afterAll(async () => {
    for (const one of closing) await one.close();
    removeFolder(folder);
  });

  /** A project that locks this version by npm's own hand. */
  const lock = async (version: string, name = NAME): Promise<string> => {
    const place = join(folder, `project-of-${name.slice(1).replace('/', '-')}-${version}`);
    mkdirSync(place, { recursive: true });
    writeFileSync(
      join(place, 'package.json'),
      JSON.stringify({ name: 'project', version: '1.0.0', dependencies: { [name]: version } }),
    );
    writeFileSync(join(place, '.npmrc'), `registry=${registry.url}\n`);
    const { status, stderr } = await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund'], place);
    expect(stderr).toBe(status === 0 ? stderr : '');
    return place;
  };
  const FILES = ['--trusted-root', '../root.json', '--registry-keys', '../keys.json'];
  const audit = async (place: string, ...args: string[]): Promise<Report & { status: number | null }> => {
    const { status, stdout, stderr } = await assayInside(['audit', '--enforce', 'all', '--json', ...args], place);
    expect(stderr).toBe('');
    return { ...(JSON.parse(stdout) as Report), status };
  };

  /** What is not a note, as "code version". */
  const alarms = ({ findings }: Report): string[] =>
    findings.filter(({ level }) => level !== 'note').map(({ code, version }) => `${code} ${version}`);
  const entryIn = ({ dependencies }: Report): string => {
    const [{ kind, version } = { kind: '', version: '' }] = dependencies[0]?.proofs.provenance?.log ?? [];
    return `${kind} ${version}`;
  };

  it.each([
    ['1.0.0', 'dsse 0.0.1'],
    ['1.1.0', 'dsse 0.0.2'],
    ['1.2.0', 'hashedrekord 0.0.2'],
  ])('%s passes with everything enforced, with provenance logged as %s', async (version, entry) => {
    const report = await audit(await lock(version), ...FILES);
    expect([report.status, alarms(report)]).toEqual([0, []]);
    expect(report.counts).toMatchObject({ dependencies: 1, integrity: 1, signature: 1, publish: 1, provenance: 1 });
    expect(entryIn(report)).toBe(entry);
  });

  it("npm's own client comes to the same verdict", async () => {
    for (const version of ['1.0.0', '1.1.0']) {
      const signatures = await npm(['audit', 'signatures'], await lock(version));
      expect([version, signatures.status, signatures.stdout]).toEqual([version, 0, expect.stringMatching(VERIFIED)]);
    }
  });

  it('passes under the root that a TUF repository publishes', async () => {
    const place = await lock('1.1.0');
    const TUF = ['--tuf', mirror.url, '--tuf-root', '../tuf-root.json'];
    const env = { ASSAY_CACHE: join(folder, 'kept'), XDG_CONFIG_HOME: configOf(folder) };
    const refreshed = await assayInside(['trust', 'refresh', ...TUF], place, env);
    expect(refreshed).toMatchObject({ status: 0, stderr: '' });
    for (const part of ['tsa', 'fulcio']) expect(refreshed.stdout).toContain(part);
    const run = await assayInside(['audit', '--enforce', 'all', '--json', ...TUF], place, env);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const file = await audit(place, ...FILES);
    expect((JSON.parse(run.stdout) as Report).dependencies[0]?.proofs.provenance).toEqual(
      file.dependencies[0]?.proofs.provenance,
    );
  });

  it('a version that another repository built fails, as does one with no provenance', async () => {
    for (const [version, code] of [
      ['1.3.0', 'provenance-lost'],
      ['1.4.0', 'identity-unexpected-repository'],
    ] as const) {
      const report = await audit(await lock(version), ...FILES);
      expect([report.status, alarms(report)]).toEqual([1, [`${code} ${version}`]]);
    }
  });

  it('a package that never had provenance fails where everything is enforced', async () => {
    const place = writePackage(folder, '@acme/bare', '1.0.0', TEAM);
    expect(await npm(['publish', '--access', 'public'], place)).toMatchObject({ status: 0 });
    const report = await audit(await lock('1.0.0', '@acme/bare'), ...FILES);
    expect([report.status, alarms(report)]).toEqual([1, ['provenance-missing 1.0.0']]);
  });

  it('other bytes fail: a tarball that changed, a lockfile that names others, provenance of others', async () => {
    const place = await lock('1.0.0');
    const text = readFileSync(join(place, 'package-lock.json'), 'utf8');
    registry.registry.tamperTarball(NAME, '1.0.0', (tarball) => Buffer.concat([tarball, Buffer.from('x')]));
    const changed = await audit(place, ...FILES, '--tarballs');
    registry.registry.tamperTarball(NAME, '1.0.0', (tarball) => tarball);
    expect([changed.status, alarms(changed)]).toEqual([1, ['integrity-mismatch 1.0.0']]);

    const other = registry.registry.find(NAME, '1.1.0')?.integrity ?? '';
    writeFileSync(
      join(place, 'package-lock.json'),
      text.replace(/sha512-[^"]+/, () => other),
    );
    const named = await audit(place, ...FILES);
    writeFileSync(join(place, 'package-lock.json'), text);
    expect(named.status).toBe(1);
    expect(alarms(named)).toContain('integrity-mismatch 1.0.0');

    const theirs = registry.registry.find(NAME, '1.1.0')?.attestations;
    registry.registry.tamperAttestations(NAME, '1.0.0', (document) => theirs ?? document);
    const borrowed = await audit(place, ...FILES);
    registry.registry.tamperAttestations(NAME, '1.0.0', (document) => document);
    expect(borrowed.status).toBe(1);
    expect(alarms(borrowed)).toContain('provenance-subject-mismatch 1.0.0');
  });
  describe.skipIf(!hasRekorV1)('are in Rekor v1', () => {
    const SPEC = `${NAME}@1.0.0`;
    let at: readonly string[];
    let tiles: Listening;
    const log = (action: string, ...args: string[]): Promise<Run> =>
      assayInside(['log', action, '--json', ...at, ...args], folder);
    const tarball = (): string => {
      const { integrity = '' } = registry.registry.find(NAME, '1.0.0') ?? {};
      return Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
    };
    const hitsOf = (run: Run): unknown[] =>
      logJson(run).searches.flatMap(({ hits }) =>
        hits.map(({ published, matches, hit: { kind, record } }) => [
          published,
          matches,
          kind,
          record?.signer.identity?.subject,
        ]),
      );

    beforeAll(async () => {
      const { rekorV1, origins, folder: place } = town();
      tiles = await serveTiles(join(place, origins.rekorDsse));
      at = [
        ...['--registry', registry.url, '--trusted-root', 'root.json'],
        ...['--log', `${rekorV1?.name ?? ''}=${rekorV1?.url ?? ''}`],
      ];
    });
    afterAll(() => tiles.close());

    it('where they are found by package, tarball and signer, and shown', async () => {
      const own = [true, 'yes', 'dsse', identityOf(TEAM)];
      const byPackage = await log('search', SPEC);
      expect([byPackage.status, byPackage.stderr, hitsOf(byPackage)]).toEqual([0, '', [own]]);
      const [{ asked, hits } = expect.unreachable()] = logJson(byPackage).searches;
      const [found] = hits;
      // What the index knows of an entry: not the encoding that was signed, which entries of Rekor v2 have.
      const ways = asked.filter(({ found: number }) => number === 1).map(({ question }) => question.split(' ')[0]);
      expect(ways.sort()).toEqual(['certificate', 'payload', 'sha512']);
      // Such an entry has the statement's hash alone: that it is about the tarball, only the index says.
      expect(hitsOf(await log('search', `sha512:${tarball()}`))).toEqual([[null, 'unknown', ...own.slice(2)]]);
      // Everything that this workflow signed, of which the package's entry is one.
      const bySigner = await log('search', identityOf(TEAM));
      expect([bySigner.status, hitsOf(bySigner)]).toEqual([0, [[null, ...own.slice(1)]]]);
      expect((await log('search', `sha512:${'0'.repeat(128)}`)).status).toBe(0);

      const uuid = found?.hit.uuid ?? '';
      const shown = await log('show', uuid);
      // The statement, the registry has, and who only shows an entry does not ask it.
      const record = { ...found?.hit.record, statement: null };
      expect([shown.status, logEntry(shown)?.hit]).toEqual([0, { ...found?.hit, record }]);
      expect(logEntry(await log('show', found?.hit.index ?? ''))?.hit?.uuid).toBe(uuid);
      expect((await log('show', uuid.replace(/.{4}$/, '0000'))).status).toBe(1);
    });

    it('where they are verified in a tree that goes on, beside the registry’s own in Rekor v2', async () => {
      const both = ['--log', `${town().origins.rekorDsse}=${tiles.url}`, '--state', 'kept-logs'];
      const verify = async (): Promise<unknown> => {
        const run = await log('verify', SPEC, ...both);
        return [run.status, run.stderr, logJson(run).entries.map(({ word, kept }) => [word, kept === null])];
      };
      const entry = (isFirst: boolean): unknown => ['held', isFirst];
      expect(await verify()).toEqual([0, '', [entry(true), entry(true)]]);
      await sign(town(), { content: { statement: {} }, by: 'acme/else', kind: 'dsse-v1' });
      expect(await verify()).toEqual([0, '', [entry(false), entry(false)]]);
    });

    it('where an entry of somebody else about the tarball is found, and told once', async () => {
      const watch = (): Promise<Run> => log('watch', SPEC, '--once', '--state', 'watched-logs');
      const quiet = await watch();
      expect([quiet.status, quiet.stderr]).toEqual([0, '']);
      const bytes = registry.registry.find(NAME, '1.0.0')?.tarball ?? Buffer.alloc(0);
      const statement = provenanceOf(NAME, '1.0.0', bytes, 'mallory/lib');
      await sign(town(), { content: { statement }, by: 'mallory/lib', kind: 'dsse-v1' });
      const searched = await log('search', SPEC);
      expect([searched.status, hitsOf(searched)]).toEqual([
        1,
        expect.arrayContaining([
          [true, 'yes', 'dsse', identityOf(TEAM)],
          [false, expect.anything(), 'dsse', identityOf('mallory/lib')],
        ]),
      ]);
      const watched = await watch();
      expect(watched.status).toBe(1);
      expect(eventsIn(watched).flatMap(({ alarm }) => alarm ?? [])).toEqual(['stranger']);
      expect((await watch()).status).toBe(0);
    });
  });
});
