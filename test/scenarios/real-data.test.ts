import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { audit } from '../../src/audit/index.ts';
import { checkAttestations, type AttestationsCheck } from '../../src/checks/attestations.ts';
import { checkPredicate } from '../../src/checks/predicate.ts';
import type { Report } from '../../src/model/report.ts';
import { createHttpClient } from '../../src/net/client.ts';
import type { Parsed } from '../../src/readers/untrusted-json.ts';
import { parseAttestations } from '../../src/registries/npm/documents.ts';
import { parsePackument } from '../../src/registries/npm/packument.ts';
import { NPM_KEYS } from '../../src/registries/npm/keys.ts';
import { npmRegistry } from '../../src/registries/npm/index.ts';
import { loadNpmConfig } from '../../src/registries/npm/config/npmrc.ts';
import { PUBLIC_GOOD_ROOT_DIGEST, publicGoodRoot } from '../../src/sigstore/public-good.ts';
import { verifyRegistrySignature } from '../../src/checks/npm/registry-signature.ts';
import { createVerifier } from '../../src/sigstore/verify.ts';
import { inFolder } from '../cli/run.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const RECORDED = `recorded npm data${hasSharedData ? '' : ' (skipped: the data is not on this machine)'}`;
const NOW = Date.parse('2026-11-01T00:00:00Z');

const verifier = createVerifier({
  root: publicGoodRoot(),
  keys: NPM_KEYS.filter((key) => key.usage === 'npm:attestations').map(({ keyId, spki, start, end }) => ({
    hint: keyId,
    spki,
    start,
    end,
  })),
});

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(sharedData(path), 'utf8')) as unknown;
}

function judge(document: unknown, name: string, version: string, sha512: string | null): AttestationsCheck {
  return checkAttestations(
    valueOf(parseAttestations(document)),
    { name, version, subject: `pkg:npm/${name.replace('@', '%40')}@${version}`, sha512, reported: null },
    verifier,
    NOW,
  );
}

/**
 * The digest a document's statements name, so that other links of it can be judged where the tarball is not at hand.
 */
function attestedDigest(document: unknown): string {
  const [first] = (document as { attestations: { bundle: { dsseEnvelope: { payload: string } } }[] }).attestations;
  const payload = Buffer.from(first?.bundle.dsseEnvelope.payload ?? '', 'base64').toString('utf8');
  return (JSON.parse(payload) as { subject: { digest: { sha512: string } }[] }).subject[0]?.digest.sha512 ?? '';
}

/** Where each recorded document was built, from the packages' own pages. */
const REPOSITORIES: Readonly<Record<string, string>> = {
  '@laurentsimon/provenance-npm-test@1.0.0': 'https://github.com/laurentsimon/provenance-npm-test',
  '@laurentsimon/provenance-npm-test@1.0.3': 'https://github.com/laurentsimon/provenance-npm-test',
  '@playwright/cli@0.1.1': 'https://github.com/microsoft/playwright-cli',
  '@trishankatdatadog/supreme-goggles@1.0.5': 'https://github.com/trishankatdatadog/supreme-goggles',
  'gundam-visor@1.0.1': 'https://github.com/ramonpetgrave64/gundam-visor',
  'nuxt@3.13.0': 'https://github.com/nuxt/nuxt',
  'sigstore@0.4.0': 'https://github.com/sigstore/sigstore-js',
  'sigstore@1.0.0': 'https://github.com/sigstore/sigstore-js',
  'tuf-js@1.0.0': 'https://github.com/theupdateframework/tuf-js',
};

function splitSpec(spec: string): [string, string] {
  const at = spec.lastIndexOf('@');
  return [spec.slice(0, at), spec.slice(at + 1)];
}

/**
 * What each altered document is refused for: file, the package it is served for, the attestations refused and why. An
 * altered statement is noticed first by the log entry, which holds the hash of the one that was signed.
 */
const DOCTORED: readonly (readonly [string, string, readonly string[]])[] = [
  [
    '@laurentsimon__provenance-npm-test@1.0.0__slsa-verifier__npm-stmt-mismatch-prov-type.intoto.sigstore.f20be812',
    '@laurentsimon/provenance-npm-test@1.0.0',
    ['provenance log-entry-mismatch'],
  ],
  [
    '@laurentsimon__provenance-npm-test@1.0.0__slsa-verifier__npm-stmt-mismatch-pub-predicatetype.intoto.sigstore.3a6ac5ff',
    '@laurentsimon/provenance-npm-test@1.0.0',
    ['publish log-entry-mismatch'],
  ],
  [
    '@laurentsimon__provenance-npm-test@1.0.0__slsa-verifier__npm-stmt-mismatch-pub-type.intoto.sigstore.821037ed',
    '@laurentsimon/provenance-npm-test@1.0.0',
    ['publish log-entry-mismatch'],
  ],
  ['pacote__invalid-attestations.json', 'sigstore@0.4.0', ['publish bundle-malformed']],
  ['pacote__malformed-subject-attestations.json', 'sigstore@0.4.0', ['publish log-entry-mismatch']],
  ['pacote__mismatched-subject-digest-attestations.json', 'sigstore@0.4.0', ['publish log-entry-mismatch']],
  ['pacote__mismatched-subject-name-attestations.json', 'sigstore@0.4.0', ['publish log-entry-mismatch']],
  ['pacote__no-keyid-attestations.json', 'sigstore@0.4.0', ['provenance bundle-malformed', 'publish envelope']],
  [
    'slsa-verifier__gundam-visor-cli-v1-tag-invalidsigprov.tgz.json',
    'gundam-visor@1.0.1',
    ['provenance log-entry-mismatch'],
  ],
  [
    'slsa-verifier__npm-att-mismatch-prov-payloadtype.intoto.sigstore',
    '@laurentsimon/provenance-npm-test@1.0.0',
    ['provenance payload-type'],
  ],
  [
    'slsa-verifier__npm-att-prov-invalid-signature.intoto.sigstore',
    '@laurentsimon/provenance-npm-test@1.0.0',
    ['provenance log-entry-mismatch'],
  ],
  [
    'slsa-verifier__npm-att-publish-nodigest.intoto.sigstore',
    '@laurentsimon/provenance-npm-test@1.0.0',
    ['publish log-entry-mismatch'],
  ],
  [
    'slsa-verifier__npm-att-publish-nosubjects.intoto.sigstore',
    '@laurentsimon/provenance-npm-test@1.0.0',
    ['publish log-entry-mismatch'],
  ],
  [
    'slsa-verifier__npm-stmt-mismatch-prov-predicatetype.intoto.sigstore',
    '@laurentsimon/provenance-npm-test@1.0.0',
    ['provenance log-entry-mismatch'],
  ],
  [
    'slsa-verifier__provenance-npm-test-cli-v02-prega-invalidsigpub.tgz.json',
    '@laurentsimon/provenance-npm-test@1.0.3',
    ['publish log-entry-mismatch'],
  ],
  [
    'slsa-verifier__provenance-npm-test-cli-v1-prega-invalidsigprov.tgz.json',
    'sigstore@2.3.1',
    ['provenance log-entry-mismatch'],
  ],
  [
    'slsa-verifier__provenance-npm-test-ossf-invalidsigpub.tgz.json',
    '@laurentsimon/provenance-npm-test@1.0.5',
    ['publish log-entry-mismatch'],
  ],
  [
    'slsa-verifier__supreme-googles-cli-v02-tag-invalidsigprov.tgz.json',
    '@trishankatdatadog/supreme-goggles@1.0.5',
    ['provenance log-entry-mismatch'],
  ],
];

describe.skipIf(!hasSharedData)(RECORDED, () => {
  it('has a known repository for every attestation document', () => {
    const specs = readdirSync(sharedData('npm/attestations')).map(specOfFile);
    expect(specs.sort()).toEqual(Object.keys(REPOSITORIES).sort());
  });

  it.each(Object.entries(REPOSITORIES))('%s is proven, built in %s', (spec, repository) => {
    const document = readJson(`npm/attestations/${spec.replace('/', '__')}.attestations.json`);
    const [name, version] = splitSpec(spec);
    const { publish, provenance, predicate, findings } = judge(document, name, version, attestedDigest(document));
    expect(findings).toEqual([]);
    expect(publish).not.toBeNull();
    if (provenance === null) throw new Error('no provenance');
    expect(provenance.identity).toMatchObject({ repository, issuer: 'https://token.actions.githubusercontent.com' });
    expect(provenance.identity.workflow).toMatch(/^\.github\/workflows\/[\w-]+\.ya?ml$/);
    expect(provenance.identity.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(checkPredicate(provenance, predicate)).toEqual([]);
  });

  it.each(Object.keys(REPOSITORIES))('%s is not proven under another name, version or hash', (spec) => {
    const document = readJson(`npm/attestations/${spec.replace('/', '__')}.attestations.json`);
    const [name, version] = splitSpec(spec);
    const digest = attestedDigest(document);
    const flipped = (digest.startsWith('0') ? '1' : '0') + digest.slice(1);
    for (const [n, v, d] of [
      ['x', version, digest],
      [name, '9.9.9', digest],
      [name, version, flipped],
    ] as const) {
      const { publish, provenance, findings } = judge(document, n, v, d);
      expect({ publish, provenance }).toEqual({ publish: null, provenance: null });
      expect(findings.map(({ code }) => code)).toEqual(['provenance-subject-mismatch', 'provenance-subject-mismatch']);
    }
  });

  it('has an expectation for every altered document', () => {
    expect(readdirSync(sharedData('npm/doctored')).sort()).toEqual(DOCTORED.map(([file]) => file).sort());
  });

  it.each(DOCTORED)('doctored %s', (file, spec, expected) => {
    const raw = readJson(`npm/doctored/${file}`);
    const document = Array.isArray(raw) ? { attestations: raw as unknown[] } : raw;
    const [name, version] = splitSpec(spec);
    const { publish, provenance, findings } = judge(
      document,
      name,
      version,
      trueDigest(spec) ?? attestedDigest(document),
    );
    const said = findings.map(({ code, args }) =>
      'reason' in args && 'attestation' in args ? `${args.attestation} ${args.reason}` : code,
    );
    expect(said).toEqual(expected);
    expect(publish !== null && provenance !== null).toBe(false);
  });

  it('every signature in every recorded document holds for its version, and for no other', () => {
    let verified = 0;
    for (const path of packuments()) {
      const packument = valueOf(parsePackument(readFileSync(path), nameOfFile(path)));
      for (const version of packument.versions.keys()) {
        const manifest = packument.versions.get(version);
        if (manifest === undefined) throw new Error(`${path}: ${version} cannot be read`);
        for (const { keyId, signature } of manifest.signatures) {
          const key = NPM_KEYS.find((candidate) => candidate.keyId === keyId && candidate.usage === 'npm:signatures');
          const message = `${manifest.name}@${manifest.version}:${manifest.integrity ?? ''}`;
          expect(verifyRegistrySignature(message, signature, key?.spki ?? ''), message).toBe(true);
          if (verified % 50 === 0)
            expect(verifyRegistrySignature(`${message}x`, signature, key?.spki ?? '')).toBe(false);
          verified += 1;
        }
      }
    }
    expect(verified).toBeGreaterThan(4000);
  });

  it('nuxt@3.13.0 through the whole chain: lockfile, packument signature, attestations, identity', async () => {
    const report = await auditNuxt(nuxtIntegrity());
    // The attestations of its predecessors are not recorded, so nothing shows who built those.
    expect(report.verdict).toBe('unverified');
    const [nuxtDependency] = report.dependencies;
    expect(nuxtDependency?.findings.map(({ code }) => code)).toEqual(['evidence-unavailable']);
    expect(nuxtDependency?.proofs).toMatchObject({
      integrity: { by: 'registry-key', digests: [{ algorithm: 'sha512' }] },
      signature: { by: 'registry-key', keyOrigin: 'pinned', time: { source: 'log' } },
      publish: { by: 'registry-key', bundle: { signer: { kind: 'key' } } },
      provenance: { by: 'builder', identity: { repository: 'https://github.com/nuxt/nuxt', ref: 'refs/tags/v3.13.0' } },
    });
  });

  it('nuxt@3.13.0 with a poisoned lockfile hash', async () => {
    const report = await auditNuxt(`sha512-${Buffer.alloc(64).toString('base64')}`);
    expect(report.verdict).toBe('fail');
    expect(report.dependencies[0]?.findings.map(({ code }) => code)).toEqual(['integrity-mismatch']);
  });

  it('nuxt@3.13.0: the bytes of npm pack have the proven hash', async (context) => {
    await inFolder(async (folder) => {
      const packed = await promisify(execFile)('npm', ['pack', 'nuxt@3.13.0', '--silent'], { cwd: folder }).catch(
        () => null,
      );
      if (packed === null) return context.skip('the npm registry cannot be reached');
      const bytes = readFileSync(join(folder, 'nuxt-3.13.0.tgz'));
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      const [nuxtDependency] = (await auditNuxt(integrity)).dependencies;
      expect(nuxtDependency?.proofs.integrity).not.toBeNull();
      expect(nuxtDependency?.findings.map(({ code }) => code)).toEqual(['evidence-unavailable']);
    });
  });
});

function specOfFile(file: string): string {
  return file.replace('.attestations.json', '').replace('__', '/');
}

function packuments(): readonly string[] {
  const root = sharedData('npm/packuments');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => join(root, file));
}

function nameOfFile(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\.json$/, '').replace('__', '/');
}

/** The integrity that the recorded document of nuxt gives for 3.13.0. */
function nuxtIntegrity(): string {
  const packument = valueOf(
    parsePackument(readFileSync(sharedData('npm/packuments/provenance-action/nuxt.json')), 'nuxt'),
  );
  return packument.versions.get('3.13.0')?.integrity ?? '';
}

function valueOf<T>(parsed: Parsed<T>): T {
  if ('malformed' in parsed) throw new Error(parsed.malformed);
  return parsed.value;
}

/** Audits a lockfile that locks nuxt@3.13.0 against a server of the recorded answers; what is not recorded is a 404. */
async function auditNuxt(integrity: string): Promise<Report> {
  const answers = new Map([
    ['/nuxt', 'npm/packuments/provenance-action/nuxt.json'],
    ['/-/npm/v1/attestations/nuxt@3.13.0', 'npm/attestations/nuxt@3.13.0.attestations.json'],
  ]);
  const server = createServer((request, response) => {
    const file = answers.get(request.url ?? '');
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(file === undefined ? '{}' : readFileSync(sharedData(file)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const config = loadNpmConfig({
    cwd: '/nowhere',
    env: {},
    homedir: '/nowhere',
    platform: process.platform,
    overrides: { registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` },
  });
  const registry = npmRegistry(createHttpClient(config, { refuseRedirect: () => null }), config);
  const packages = {
    '': { dependencies: { nuxt: '3.13.0' } },
    'node_modules/nuxt': {
      version: '3.13.0',
      resolved: 'https://registry.npmjs.org/nuxt/-/nuxt-3.13.0.tgz',
      integrity,
    },
  };
  try {
    return await audit({
      file: 'package-lock.json',
      bytes: Buffer.from(JSON.stringify({ name: 'x', lockfileVersion: 3, packages })),
      registry,
      trust: { root: publicGoodRoot(), rootName: 'public-good', rootDigest: PUBLIC_GOOD_ROOT_DIGEST, keys: [] },
      now: NOW,
      enforce: 'all',
      omit: [],
    });
  } finally {
    registry.close();
    server.close();
  }
}

/** The hash that the unaltered document of a version attests, where it is recorded. */
function trueDigest(spec: string): string | null {
  const file = `npm/attestations/${spec.replace('/', '__')}.attestations.json`;
  return existsSync(sharedData(file)) ? attestedDigest(readJson(file)) : null;
}
