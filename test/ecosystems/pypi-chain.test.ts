import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, gitlabPipeline } from '../../lab/index.ts';
import { githubPublisher, gitlabPublisher, type PypiLab } from '../../lab/pypi/index.ts';
import { attestationOf } from '../../lab/pypi/documents.ts';
import { verifiersUnder } from '../../src/checks/verifiers.ts';
import { pypiEcosystem } from '../../src/ecosystems/pypi.ts';
import type { Artifact, Dependency } from '../../src/model/dependency.ts';
import type { Finding } from '../../src/model/finding.ts';
import { NO_EXPECTATION, type PolicyExpectation } from '../../src/model/policy.ts';
import { STRICT } from '../../src/model/trust.ts';
import type { Assessment } from '../../src/model/verdict.ts';
import { createHttpClient } from '../../src/net/client.ts';
import { environmentNetwork } from '../../src/net/environment.ts';
import type { HttpAnswer, HttpClient } from '../../src/net/request.ts';
import { pypiIndex } from '../../src/registries/pypi/index.ts';
import { PUBLIC_GOOD, type Instance } from '../../src/sigstore/instance.ts';
import { parseTrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const DAY = 86_400_000;

interface Asked {
  readonly client: HttpClient;
  readonly index: string;
  readonly instance: Instance;
  readonly now: number;
  readonly expectation?: PolicyExpectation;
}

/** Follows the chain for each dependency, as the pipeline does. */
async function follow(
  dependencies: readonly Dependency[],
  { client, index, instance, now, expectation = NO_EXPECTATION }: Asked,
): Promise<readonly Assessment[]> {
  const pypi = pypiIndex(client, { default: index, explicit: new Map(), namedBy: new Map() });
  const trust = { verifierFor: verifiersUnder([instance]), now };
  const chain = pypiEcosystem.openChain({
    sources: { pypi: { index: pypi, environmentFor: () => null }, registry: {} as never },
    heads: { kept: [], claimed: [], file: 'assay.lock' },
    ...{ dependencies, trust, verifying: () => Promise.resolve(trust), store: null, witnesses: null },
  });
  const registry = { origin: index, keys: [], acceptsOwnKeys: false, hasPolicyKeys: false };
  const known = {
    registry: index,
    expectation,
    ...{ baseline: null, package: null, scripts: { permission: 'unknown' as const } },
  };
  return Promise.all(dependencies.map(async (one) => (await chain.assess(one, known, registry)).assessment));
}

interface LockedFile {
  readonly file: string | null;
  readonly sha256: string;
  readonly url?: string;
}

function dependency(name: string, version: string, files: readonly LockedFile[]): Dependency {
  const artifacts = files.map(({ file, sha256, url = null }): Artifact => ({
    file,
    digests: [{ algorithm: 'sha256', hex: sha256 }],
    source: { kind: 'registry', resolved: url },
  }));
  return {
    ...{ ecosystem: 'pypi', name, version, direct: true, dev: false, optional: false, peer: false },
    ...{ places: [{ file: 'uv.lock', line: 1, path: name }], exotic: [], bundles: [] },
    artifacts: artifacts as [Artifact, ...Artifact[]],
  };
}

const codesOf = (assessments: readonly Assessment[]): readonly string[] =>
  assessments.flatMap(({ findings }) => findings.map(({ code }) => code));

describe.skipIf(!hasSharedData)('real attestations of PyPI (skipped where there is no recorded data)', () => {
  const read = (path: string): Buffer => (hasSharedData ? readFileSync(sharedData(path)) : Buffer.alloc(0));
  const ok = (body: Buffer): HttpAnswer => ({ kind: 'ok', status: 200, body, headers: {} });

  /** The recorded index, with where the attestations are, as PyPI itself says it. */
  function recorded(project: string, file: string, provenance: Buffer): HttpClient {
    const document = JSON.parse(read(`ecosystems/pypi/simple/${project}.json`).toString('utf8')) as {
      meta: Record<string, string>;
      files: { filename: string; provenance: string | null }[];
    };
    document.meta['api-version'] = '1.4';
    for (const one of document.files) {
      one.provenance = one.filename === file ? `https://pypi.org/integrity/${project}/x/${file}/provenance` : null;
    }
    return {
      get: (url) =>
        Promise.resolve(url.endsWith('/provenance') ? ok(provenance) : ok(Buffer.from(JSON.stringify(document)))),
      close: () => undefined,
    };
  }
  const asked = (client: HttpClient): Asked => ({
    client,
    index: 'https://pypi.org/simple/',
    instance: PUBLIC_GOOD,
    now: Date.UTC(2026, 10, 29),
  });

  it.each([
    [
      'sampleproject',
      '4.0.0',
      'sampleproject-4.0.0.tar.gz',
      '0ace7980f82c5815ede4cd7bf9f6693684cec2ae47b9b7ade9add533b8627c6b',
      'pypi/warehouse/sampleproject-4.0.0.tar.gz.provenance',
      'https://github.com/pypa/sampleproject',
    ],
    [
      'pypi-attestations',
      '0.0.19',
      'pypi_attestations-0.0.19.tar.gz',
      '9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3',
      'pypi/pypi-attestations/pypi_attestations-0.0.19.tar.gz.provenance',
      'https://github.com/trailofbits/pypi-attestations',
    ],
  ])('proves the whole chain of %s %s', async (name, version, file, sha256, path, repository) => {
    const provenance = read(path);
    const client = recorded(name, file, provenance);
    for (const locked of [file, null]) {
      const [found] = await follow([dependency(name, version, [{ file: locked, sha256 }])], asked(client));
      // As the index names no repository, nothing says that the first release with attestations is from the right one.
      expect(found?.findings).toMatchObject([{ code: 'identity-unexpected-repository', kind: 'gap' }]);
      expect(found?.proofs.integrity).toMatchObject({ by: 'builder', digests: [{ algorithm: 'sha256', hex: sha256 }] });
      expect(found?.proofs.provenance?.identity).toMatchObject({
        repository,
        workflow: '.github/workflows/release.yml',
      });
      expect(found?.proofs.publish?.predicateType).toBe('https://docs.pypi.org/attestations/publish/v1');
    }
  });

  it('refuses what is served for another file, another hash, and with a bit of the certificate flipped', async () => {
    const text = read('pypi/warehouse/sampleproject-4.0.0.tar.gz.provenance').toString('utf8');
    const file = 'pypi_attestations-0.0.19.tar.gz';
    const sha256 = '9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3';
    const own = dependency('pypi-attestations', '0.0.19', [{ file, sha256 }]);
    const other = recorded('pypi-attestations', file, Buffer.from(text));
    expect(codesOf(await follow([own], asked(other)))).toContain('provenance-subject-mismatch');
    const flipped = recorded('pypi-attestations', file, Buffer.from(text.replace('MIIGoTCC', 'MIIGoTCD')));
    expect(codesOf(await follow([own], asked(flipped)))).toContain('provenance-invalid');
  });

  it.each([
    [
      'GitLab',
      'pep740_sampleproject-1.0.0.tar.gz',
      '6cdd4a1a0a49aeef47265e7bf8ec1667257b397d34d731dc7b7af349deca1cd8',
      () => read('pypi/warehouse/pep740-sampleproject-1.0.0.tar.gz.provenance'),
    ],
    [
      'Google',
      'sampleproject-3.0.0.tar.gz',
      '117ed88e5db073bb92969a7545745fd977ee85b7019706dd256a64058f70963d',
      () => {
        const attestation: unknown = JSON.parse(
          read('pypi/warehouse/sampleproject-3.0.0.tar.gz.publish.attestation').toString(),
        );
        const publisher = { kind: 'Google', email: '919436158236-compute@developer.gserviceaccount.com' };
        return Buffer.from(
          JSON.stringify({ version: 1, attestation_bundles: [{ publisher, attestations: [attestation] }] }),
        );
      },
    ],
  ])('proves what %s published, and holds the publisher to it', async (kind, file, sha256, provenance) => {
    const [, dist = '', version = ''] = /^(.*)-([\d.]+)\.tar\.gz$/.exec(file) ?? [];
    const name = dist.replaceAll('_', '-');
    const one = { filename: file, url: `files/${file}`, hashes: { sha256 }, provenance: `/integrity/${file}` };
    const document = { meta: { 'api-version': '1.4' }, name, files: [one] };
    const serving = (object: Buffer): HttpClient => ({
      get: (url) => Promise.resolve(ok(url.includes('/integrity/') ? object : Buffer.from(JSON.stringify(document)))),
      close: () => undefined,
    });
    const own = dependency(name, version, [{ file, sha256 }]);
    const [found] = await follow([own], asked(serving(provenance())));
    expect(found?.findings).toEqual([]);
    expect(found?.proofs.provenance?.by).toBe('builder');
    const renamed = provenance()
      .toString()
      .replace(`"kind":"${kind}"`, '"kind":"GitHub"')
      .replace(`"kind": "${kind}"`, '"kind":"GitHub"');
    expect(codesOf(await follow([own], asked(serving(Buffer.from(renamed)))))).toEqual([
      'identity-publisher-disagrees',
    ]);
  });
});

const release = ciWorkflow({
  repository: 'acme/thing',
  workflow: '.github/workflows/release.yml',
  ref: 'refs/tags/v1',
});
const fork = ciWorkflow({
  repository: 'mallory/thing',
  workflow: '.github/workflows/release.yml',
  ref: 'refs/tags/v1',
});
const acme = githubPublisher(release);
const mallory = githubPublisher(fork);

/** What the lab has of a version, as a lockfile with the names of files has it. */
function locked(lab: PypiLab, version: string, name = 'thing'): Dependency {
  const files = lab.release(name, version).map(({ json }) => {
    return { file: json.filename, sha256: json.hashes['sha256'] ?? '', url: json.url };
  });
  return dependency(name, version, files);
}

/** The same without names, as requirements have it. */
function hashesOnly(lab: PypiLab, version: string): Dependency {
  const { artifacts, ...one } = locked(lab, version);
  const without = artifacts.map((each): Artifact => ({
    ...each,
    file: null,
    source: { kind: 'registry', resolved: null },
  }));
  return { ...one, artifacts: without as unknown as [Artifact, ...Artifact[]] };
}

async function assessIn(lab: PypiLab, one: Dependency, expectation = NO_EXPECTATION): Promise<Assessment> {
  const root = parseTrustedRoot(lab.trustedRoot);
  const instance = { name: 'lab', thresholds: STRICT, root: () => root, digest: 'lab' };
  const settings = environmentNetwork({}, new Map());
  const quick = { ...settings, retry: { retries: 1, factor: 1, minMs: 1, maxMs: 1 }, timeoutMs: 2000 };
  const client = createHttpClient(quick, {
    refuseRedirect: ({ host }) => (host === new URL(lab.index).host ? null : 'which is another host'),
  });
  try {
    const [found] = await follow([one], { client, index: lab.index, instance, now: lab.now(), expectation });
    if (found === undefined) throw new Error('nothing was assessed');
    return found;
  } finally {
    client.close();
  }
}

const findingsOf = async (lab: PypiLab, one: Dependency): Promise<readonly Finding[]> =>
  (await assessIn(lab, one)).findings;
const codes = async (lab: PypiLab, one: Dependency): Promise<readonly string[]> =>
  (await findingsOf(lab, one)).map(({ code }) => code);

/** Three releases with attestations, two months apart. */
function publishThree(lab: PypiLab): void {
  for (const [i, version] of ['1.0.0', '1.1.0', '1.2.0'].entries()) {
    lab.publish({ name: 'thing', version, by: acme, at: lab.now() - (200 - 60 * i) * DAY });
  }
}

describe('the chain of PyPI, in the lab', () => {
  it('proves a release of which every locked file is attested, however its files are locked', () =>
    withPypiLab(async (lab) => {
      publishThree(lab);
      for (const one of [locked(lab, '1.2.0'), hashesOnly(lab, '1.2.0'), locked(lab, '1.2.0')]) {
        const found = await assessIn(lab, one);
        expect(found.findings).toEqual([]);
        expect(found.proofs.integrity).toMatchObject({ by: 'builder' });
        expect(found.proofs.integrity?.digests).toHaveLength(2);
        expect(found.proofs.provenance?.identity.repository).toBe('https://github.com/acme/thing');
        expect(found.release?.evidence).not.toBeNull();
      }
    }));

  it('takes a version and a name as an index may write them', () =>
    withPypiLab(async (lab) => {
      lab.publish({ name: 'my-thing', version: '1.0', by: acme, files: [{ name: 'My.Thing-1.0.tar.gz' }] });
      const own = { ...locked(lab, '1.0', 'my-thing'), version: '1.0.0' };
      expect(await codes(lab, own)).toEqual([]);
    }));

  it('takes SLSA provenance beside the publication, several log entries, and timestamps', () =>
    withPypiLab(async (lab) => {
      const kinds = ['publish', 'slsa'] as const;
      const files = [
        { name: 'thing-1.0.0.tar.gz', kinds, log: ['v1', 'v2'] as const },
        { name: 'thing-1.0.0-py3-none-any.whl', kinds, log: ['v2'] as const },
      ];
      lab.publish({ name: 'thing', version: '1.0.0', by: acme, files });
      const found = await assessIn(lab, locked(lab, '1.0.0'));
      expect(found.findings).toEqual([]);
      expect(found.proofs.provenance?.predicateType).toBe('https://slsa.dev/provenance/v1');
      expect(found.proofs.publish?.predicateType).toBe('https://docs.pypi.org/attestations/publish/v1');
    }));

  it('takes a pipeline of GitLab', () =>
    withPypiLab(async (lab) => {
      lab.publish({ name: 'thing', version: '1.0.0', by: gitlabPublisher(gitlabPipeline({ project: 'acme/thing' })) });
      expect(await codes(lab, locked(lab, '1.0.0'))).toEqual([]);
    }));

  it('says that only the index vouches for hashes without attestations', () =>
    withPypiLab(async (lab) => {
      lab.publish({ name: 'thing', version: '1.0.0' });
      const found = await assessIn(lab, locked(lab, '1.0.0'));
      expect(found.findings.map(({ code, kind }) => [code, kind])).toEqual([['provenance-missing', 'gap']]);
      expect(found.proofs.integrity?.by).toBe('registry');
    }));

  describe('refuses a lockfile', () => {
    const other = 'ab'.repeat(32);
    it('in which a file has another hash', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const one = locked(lab, '1.2.0');
        const [first, ...rest] = one.artifacts;
        const artifacts = [{ ...first, digests: [{ algorithm: 'sha256' as const, hex: other }] }, ...rest] as const;
        const found = await assessIn(lab, { ...one, artifacts });
        expect(found.findings).toMatchObject([{ code: 'integrity-mismatch', args: { file: first.file } }]);
        expect(found.proofs.integrity).toBeNull();
        expect(found.proofs.provenance).not.toBeNull();
      }));

    it.each(['thing-1.2.0-1-py3-none-any.whl', null])('with a hash more, of file %s', (file) =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const one = file === null ? hashesOnly(lab, '1.2.0') : locked(lab, '1.2.0');
        const more: Artifact = {
          file,
          digests: [{ algorithm: 'sha256', hex: other }],
          source: { kind: 'registry', resolved: null },
        };
        const found = await findingsOf(lab, { ...one, artifacts: [...one.artifacts, more] });
        expect(found).toMatchObject([{ code: 'integrity-unknown-file', kind: 'contradiction', args: { file } }]);
      }),
    );

    it('with the hash of a file of another version', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const one = { ...hashesOnly(lab, '1.1.0'), version: '1.2.0' };
        expect(new Set(await codes(lab, one))).toEqual(new Set(['integrity-unknown-file']));
      }));

    it('without a hash, in a format that has one of every file', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const one = locked(lab, '1.2.0');
        const [first, ...rest] = one.artifacts;
        const found = await findingsOf(lab, { ...one, artifacts: [{ ...first, digests: [] }, ...rest] });
        expect(found).toMatchObject([{ code: 'integrity-missing', args: { due: true } }]);
      }));

    describe.each([
      ['does not know', (lab: PypiLab) => lab.behave(/\/simple\/thing\//, { status: 404 }), 'evidence-unavailable'],
      [
        'does not answer for',
        (lab: PypiLab) => lab.behave(/\/simple\/thing\//, { status: 500 }),
        'evidence-unavailable',
      ],
      ['has removed', (lab: PypiLab) => lab.remove('thing', '1.2.0'), 'lockfile-version-unknown'],
    ])('of what the index %s', (_, happen, code) => {
      const withoutHash = (one: Dependency): Dependency => {
        const [first, ...rest] = one.artifacts;
        return { ...one, artifacts: [{ ...first, digests: [] }, ...rest] };
      };
      const weakly = (one: Dependency): Dependency => {
        const [first] = one.artifacts;
        return { ...one, artifacts: [{ ...first, digests: [{ algorithm: 'sha512', hex: 'ab'.repeat(64) }] }] };
      };
      const without = { file: null, digests: [], source: { kind: 'registry', resolved: null } } as const;

      it('without a hash, with a weak one, or without a file', () =>
        withPypiLab(async (lab) => {
          publishThree(lab);
          const [named, bare] = [locked(lab, '1.2.0'), hashesOnly(lab, '1.2.0')];
          happen(lab);
          expect(await findingsOf(lab, withoutHash(named))).toMatchObject([
            { code: 'integrity-missing', args: { due: true } },
            { code },
          ]);
          const [unlocked, other] = await findingsOf(lab, { ...bare, artifacts: [without] });
          expect(unlocked).toEqual({ code: 'integrity-missing', kind: 'loss', args: { resolved: null } });
          expect(other).toMatchObject({ code });
          expect(await codes(lab, weakly(bare))).toEqual(['integrity-weak', code]);
          expect(await codes(lab, named)).toEqual([code]);
        }));
    });

    it('without a hash, of an index of one’s own that no setting names, whose name is told to nobody', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const one = locked(lab, '1.2.0');
        const [first, ...rest] = one.artifacts;
        const artifacts = [{ ...first, digests: [] }, ...rest] as const;
        const found = await codes(lab, { ...one, artifacts, index: 'https://own.example/simple' });
        expect(found).toContain('integrity-missing');
        expect(found).toContain('lockfile-unexpected-host');
      }));

    it.each([
      ['another host', 'https://files.example/thing-1.2.0-py3-none-any.whl', 'lockfile-unexpected-host'],
      ['another file there', 'https://files.example/other-1.2.0-py3-none-any.whl', 'lockfile-resolved-mismatch'],
      ['what is no address', 'ftp://files.example/thing-1.2.0-py3-none-any.whl', 'lockfile-resolved-mismatch'],
    ])('that leads to %s', (_, resolved, code) =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const one = locked(lab, '1.2.0');
        const [first, ...rest] = one.artifacts;
        const artifacts = [{ ...first, source: { kind: 'registry' as const, resolved } }, ...rest] as const;
        expect(await codes(lab, { ...one, artifacts })).toEqual([code]);
      }),
    );

    it('that leads elsewhere on the host of the index', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const one = locked(lab, '1.2.0');
        const [first, ...rest] = one.artifacts;
        const resolved = `${lab.url}files/other/thing-1.2.0-py3-none-any.whl`;
        const artifacts = [{ ...first, source: { kind: 'registry' as const, resolved } }, ...rest] as const;
        expect(await codes(lab, { ...one, artifacts })).toEqual(['lockfile-resolved-mismatch']);
      }));

    it('that names a version which never was', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        expect(await codes(lab, { ...locked(lab, '1.2.0'), version: '9.9.9' })).toEqual(['lockfile-version-unknown']);
      }));
  });

  describe('says what of the provenance', () => {
    it('was lost with a token', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        lab.publish({ name: 'thing', version: '1.3.0', at: lab.now() });
        const found = await findingsOf(lab, locked(lab, '1.3.0'));
        expect(found).toMatchObject([{ code: 'provenance-lost', args: { predecessor: '1.2.0' } }]);
      }));

    it('is missing of one file, which somebody added for one platform', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const name = 'thing-1.2.0-cp312-cp312-win_amd64.whl';
        lab.publish({ name: 'thing', version: '1.2.0', files: [{ name }], at: lab.now() - 79 * DAY });
        const found = await assessIn(lab, locked(lab, '1.2.0'));
        expect(found.findings).toMatchObject([
          { code: 'provenance-partial', kind: 'loss', args: { files: [name], attested: 2, predecessor: '1.1.0' } },
        ]);
        expect(found.proofs.provenance).toBeNull();
        expect(found.proofs.integrity?.by).toBe('registry');
      }));

    it('came late with it', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const name = 'thing-1.2.0-cp312-cp312-win_amd64.whl';
        lab.publish({ name: 'thing', version: '1.2.0', files: [{ name }], at: lab.now(), by: acme });
        expect(await findingsOf(lab, locked(lab, '1.2.0'))).toMatchObject([
          { code: 'history-file-added-late', args: { file: name } },
        ]);
      }));

    it('is a gap where the project releases so', () =>
      withPypiLab(async (lab) => {
        for (const [i, version] of ['1.0.0', '1.1.0'].entries()) {
          const at = lab.now() - (100 - 60 * i) * DAY;
          const files = [{ name: `thing-${version}.tar.gz` }, { name: `thing-${version}-py3-none-any.whl`, by: null }];
          lab.publish({ name: 'thing', version, by: acme, at, files });
        }
        expect(await findingsOf(lab, locked(lab, '1.1.0'))).toMatchObject([
          { code: 'provenance-partial', kind: 'gap' },
        ]);
      }));

    it('is of somebody else', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        lab.publish({ name: 'thing', version: '1.3.0', by: mallory });
        expect(await codes(lab, locked(lab, '1.3.0'))).toEqual(['identity-unexpected-repository']);
      }));

    it('is of two builders', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const files = [{ name: 'thing-1.3.0.tar.gz' }, { name: 'thing-1.3.0-py3-none-any.whl', by: mallory }];
        lab.publish({ name: 'thing', version: '1.3.0', by: acme, files });
        expect([...(await codes(lab, locked(lab, '1.3.0')))].sort()).toEqual([
          'identity-unexpected-repository',
          'provenance-inconsistent',
        ]);
      }));

    it.each([
      ['repository', { repository: 'mallory/thing' }],
      ['workflow', { workflow: 'other.yml' }],
      ['issuer', { kind: 'GitLab', repository: 'acme/thing', workflow_filepath: '.gitlab-ci.yml' }],
      ['issuer', { kind: 'Google', email: 'x@example.com' }],
    ])('the index says otherwise: the %s', (field, publisher) =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        lab.tamperProvenance('thing-1.2.0.tar.gz', (document) => {
          const [bundle] = document.attestation_bundles;
          if (bundle !== undefined) bundle.publisher = { ...bundle.publisher, ...publisher };
          return document;
        });
        const found = await findingsOf(lab, locked(lab, '1.2.0'));
        expect(found).toMatchObject([{ code: 'identity-publisher-disagrees', kind: 'contradiction', args: { field } }]);
      }),
    );

    it('reads the name of a repository in any case', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        lab.tamperProvenance('thing-1.2.0.tar.gz', (document) => {
          const [bundle] = document.attestation_bundles;
          if (bundle !== undefined) bundle.publisher['repository'] = 'Acme/Thing';
          return document;
        });
        expect(await codes(lab, locked(lab, '1.2.0'))).toEqual([]);
      }));

    it.each([
      ['another name', { name: 'thing-1.1.0.tar.gz' }],
      ['another project', { name: 'other-1.3.0.tar.gz' }],
      ['another hash', { digest: { sha256: 'cd'.repeat(32) } }],
      ['another kind of hash', { digest: { sha512: 'cd'.repeat(64) } }],
    ])('is about %s', (_, subject) =>
      withPypiLab(async (lab) => {
        lab.publish({ name: 'thing', version: '1.3.0', by: acme, files: [{ name: 'thing-1.3.0.tar.gz', subject }] });
        expect(await codes(lab, locked(lab, '1.3.0'))).toEqual(['provenance-subject-mismatch']);
      }),
    );

    it('was announced and is not there, or is empty', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        for (const served of [null, { version: 1, attestation_bundles: [] }]) {
          lab.tamperProvenance('thing-1.2.0.tar.gz', () => served);
          expect(await codes(lab, locked(lab, '1.2.0'))).toEqual(['provenance-advertised-absent']);
        }
      }));

    it('was signed by nobody that is trusted', () =>
      withPypiLab(async (lab) => {
        await withPypiLab(async (foreign) => {
          publishThree(lab);
          publishThree(foreign);
          const [, sdist] = foreign.release('thing', '1.2.0');
          lab.tamperProvenance('thing-1.2.0.tar.gz', (own) => sdist?.provenance ?? own);
          expect(await codes(lab, locked(lab, '1.2.0'))).toContain('provenance-invalid');
        });
      }));

    it('is signed by hand, by a bundle that is none of an index', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const identity = release.identity;
        const made = attestationOf(lab.sigstore.signMessage(Buffer.from('x'), { identity }));
        lab.tamperProvenance('thing-1.2.0.tar.gz', (document) => {
          document.attestation_bundles[0]?.attestations.push(made);
          return document;
        });
        expect(await codes(lab, locked(lab, '1.2.0'))).toContain('provenance-invalid');
      }));

    it('is held to what a policy expects', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        const repository = { text: 'https://github.com/else/where' };
        const expectation = { ...NO_EXPECTATION, identity: { repository } } as unknown as PolicyExpectation;
        const { findings } = await assessIn(lab, locked(lab, '1.2.0'), expectation);
        expect(findings).toMatchObject([{ code: 'identity-unexpected-repository', args: { source: 'policy' } }]);
      }));
  });

  describe('names what the index does', () => {
    it('an index that says nothing of attestations strips them', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        lab.tamperProject('thing', (document) => {
          document.meta['api-version'] = '1.1';
          for (const file of document.files) delete file.provenance;
          return document;
        });
        const found = await findingsOf(lab, locked(lab, '1.2.0'));
        expect(found).toMatchObject([{ code: 'evidence-stripped', args: { registry: lab.index } }]);
        lab.tamperProject('thing', (document) => {
          for (const file of document.files) delete file.provenance;
          return document;
        });
        expect(await codes(lab, locked(lab, '1.2.0'))).toEqual(['evidence-stripped']);
      }));

    it('quarantine, with and without files', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        for (const files of [true, false]) {
          lab.tamperProject('thing', (document) => ({
            ...document,
            files: files ? document.files : [],
            'project-status': { status: 'quarantined', reason: 'malware' },
          }));
          expect(await findingsOf(lab, locked(lab, '1.2.0'))).toMatchObject([
            { code: 'version-removed', kind: 'loss', args: { quarantined: true, reason: 'malware' } },
          ]);
        }
      }));

    it('a yanked release', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        lab.tamperProject('thing', (document) => {
          for (const file of document.files) if (file.filename.includes('1.2.0')) file.yanked = 'broken';
          return document;
        });
        expect(await findingsOf(lab, locked(lab, '1.2.0'))).toMatchObject([
          { code: 'version-yanked', kind: 'note', args: { reason: 'broken' } },
        ]);
      }));

    it('an attestation that may not be asked for is no answer', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        lab.behave(/\/integrity\/.*1\.2\.0\.tar\.gz/, { status: 403 });
        const found = await assessIn(lab, locked(lab, '1.2.0'));
        expect(found.findings).toMatchObject([{ code: 'evidence-unavailable', args: { evidence: 'attestations' } }]);
        expect(found.proofs.provenance).toBeNull();
      }));

    it('asks no other host for attestations, whatever the index says', () =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        lab.tamperProject('thing', (document) => {
          for (const file of document.files) file.provenance = 'https://evil.example/x';
          return document;
        });
        expect(await codes(lab, locked(lab, '1.2.0'))).toEqual([]);
        expect(lab.requests.filter(({ url }) => url.startsWith('/integrity/')).length).toBeGreaterThan(1);
      }));

    it.each([
      ['no such project', { status: 404 }, 'evidence-unavailable'],
      ['an error', { status: 500 }, 'evidence-unavailable'],
      ['no JSON', { garbage: true }, 'evidence-malformed'],
      ['a page', { body: '<!DOCTYPE html><a href="x">x</a>' }, 'evidence-malformed'],
      ['another project', { body: { meta: { 'api-version': '1.4' }, name: 'other', files: [] } }, 'evidence-malformed'],
      ['no name', { body: { meta: { 'api-version': '1.4' }, files: [] } }, 'evidence-malformed'],
      [
        'another interface',
        { body: { meta: { 'api-version': '2.0' }, name: 'thing', files: [] } },
        'evidence-malformed',
      ],
      ['no files', { body: { meta: { 'api-version': '1.4' }, name: 'thing' } }, 'evidence-malformed'],
      [
        'files twice',
        { body: '{"meta":{"api-version":"1.4"},"name":"thing","files":[],"files":[]}' },
        'evidence-malformed',
      ],
      ['an endless answer', { endless: true }, 'evidence-malformed'],
      ['a slow answer', { drip: true }, 'evidence-unavailable'],
      ['half an answer', { dropConnection: 'mid-body' as const }, 'evidence-unavailable'],
      ['a redirect elsewhere', { redirect: 'http://localhost:9/simple/thing/' }, 'evidence-unavailable'],
    ])('takes %s for no answer', (_, behaviour, code) =>
      withPypiLab(async (lab) => {
        publishThree(lab);
        lab.behave(/\/simple\/thing\//, behaviour);
        expect(await codes(lab, locked(lab, '1.2.0'))).toEqual([code]);
      }),
    );
  });
});
