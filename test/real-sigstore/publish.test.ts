import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ManifestJson } from '../../lab/documents.ts';
import { tufRepository, type TufRepository } from '../../lab/tuf.ts';
import { assayInside } from '../cli/inside.ts';
import type { Run } from '../cli/run.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { startGateway } from './gateway.ts';
import { serveFiles, type Listening } from './listen.ts';
import { inWorkflowOf, npmClient, writePackage, type Npm } from './npm.ts';
import { startRegistry, type TownRegistry } from './registry.ts';
import { startRekorV1Server } from './rekor-v1.ts';
import { provenanceOf, sign, type EntryKind } from './sign.ts';
import { withServers } from './support.ts';

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
  const closing: Listening[] = [];

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
    const rekorV1 = await startRekorV1Server();
    const { trustedRoot } = town();
    const named = trustedRoot.tlogs[0];
    if (named === undefined) throw new Error('no log in the root');
    const { log } = rekorV1;
    const publicKey = {
      ...named.publicKey,
      rawBytes: log.key.spki.toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    };
    const v1 = { ...named, baseUrl: log.baseUrl, publicKey, logId: { keyId: log.logId.toString('base64') } };
    const root = { ...trustedRoot, tlogs: [...trustedRoot.tlogs, v1] };
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
      'rekor.sigstore.dev': rekorV1.url,
      'tuf-repo-cdn.sigstore.dev': mirror.url,
    });
    closing.push(registry, rekorV1, mirror, gateway);
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
    const env = { ASSAY_CACHE: join(folder, 'kept') };
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
});
