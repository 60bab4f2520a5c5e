import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type BundleJson, type PackumentJson } from '../../lab/index.ts';
import { newKey, npmKeyId, pem, signWith, type SigningKey } from '../../lab/sigstore/keys.ts';
import { WORKFLOW } from '../sigstore/support.ts';
import { forge, withPack, type PackProject } from './pack-project.ts';

const ISSUER = WORKFLOW.claims[8];
const BY_WORKFLOW = `trust:\n  packs:\n    - identity: ${WORKFLOW.subject.value}\n      issuer: ${ISSUER}\n`;

const pemOf = ({ spki }: SigningKey): string => pem('PUBLIC KEY', spki);

/** p was built by its project, and its newest release is by hand, with something new that is run. */
function withLoss(
  work: (
    project: PackProject & { readonly audit: (file: string) => Promise<[number | null, string]> },
  ) => Promise<void>,
): Promise<void> {
  return withPack(async (project) => {
    const { lab, lock, online, gap } = project;
    await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    lab.clock.advance(3_600_000);
    await lab.publish({ name: 'p', version: '1.1.0', by: token({ user: 'eve' }) });
    await lock({ p: '1.1.0' });
    expect((await online('pack', '--output', 'e.tar')).status).toBe(0);
    const audit = async (file: string): Promise<[number | null, string]> => {
      const { status, stdout, stderr } = await gap('audit', '--evidence', file, '--json', '--no-cache');
      if (stdout === '') return [status, stderr];
      const { findings } = JSON.parse(stdout) as { findings: { code: string }[] };
      return [status, findings.flatMap(({ code }) => (code.startsWith('provenance') ? [code] : [])).join()];
    };
    await work({ ...project, audit });
  });
}

/** The pack again, in which the registry had only the newest version. */
function leaveOut(folder: string, change: (packument: PackumentJson) => void = withoutPredecessor): void {
  const edited = (path: string, content: string): string => {
    if (!path.endsWith('/p/packument.json')) return content;
    const packument = JSON.parse(content) as PackumentJson;
    change(packument);
    return JSON.stringify(packument);
  };
  forge(folder, (index) => index, edited);
}

function withoutPredecessor({ versions, time }: PackumentJson): void {
  delete versions['1.0.0'];
  delete time['1.0.0'];
}

describe('a history out of a pack', () => {
  it('is the word of whoever made it, which is said before it is used', async () => {
    await withLoss(async ({ folder, gap, audit }) => {
      expect(await audit('e.tar')).toEqual([1, 'provenance-lost']);
      leaveOut(folder);
      // Nobody signed which versions there are.
      expect(await audit('forged.tar')).toEqual([0, 'provenance-missing']);
      const { stderr } = await gap('audit', '--evidence', 'forged.tar');
      expect(stderr).toContain('is signed by nobody: here it is the word of whoever made the pack');
    });
  });

  it('is held to the baseline, whatever it leaves out', async () => {
    await withLoss(async ({ folder, lock, gap, audit, online }) => {
      await lock({ p: '1.0.0' });
      await online('pack', '--output', 'first.tar');
      expect((await gap('update', '--evidence', 'first.tar')).status).toBe(0);
      await lock({ p: '1.1.0' });
      for (const change of [
        withoutPredecessor,
        // It never had any, or was published long before, or after.
        ({ versions }: PackumentJson) => {
          delete (versions['1.0.0'] as { dist?: { attestations?: unknown } }).dist?.attestations;
        },
        ({ time }: PackumentJson) => {
          time['1.0.0'] = '2001-01-01T00:00:00.000Z';
        },
        ({ time }: PackumentJson) => {
          time['1.0.0'] = '2026-12-01T00:00:00.000Z';
        },
      ]) {
        leaveOut(folder, change);
        expect(await audit('forged.tar')).toEqual([1, 'provenance-lost']);
      }
    });
  });
});

describe('keys of a registry out of a pack', () => {
  it('are the word of whoever made it, which is said, unless the policy names them', async () => {
    await withPack(async ({ lab, lock, folder, online, gap }) => {
      // The registry alone says which its newest key is.
      lab.rotateKey();
      const { integrity } = await lab.publish({ name: 'p', version: '1.0.0', by: token({ user: 'jane' }) });
      await lock({ p: '1.0.0' });
      expect((await online('pack', '--output', 'e.tar')).status).toBe(0);
      const said = /so is which keys http:\/\/127\.0\.0\.1:\d+\/ has, and with that whatever it signed/;
      const audit = async (): Promise<[number | null, boolean]> => {
        const { status, stderr } = await gap('audit', '--evidence', 'forged.tar', '--no-cache');
        return [status, said.test(stderr)];
      };
      const key = newKey('P-256');
      const evil = `sha512-${createHash('sha512').update('evil').digest('base64')}`;
      const edited = (path: string, content: string): string => {
        if (path.endsWith('/keys.json') && !path.startsWith('tuf/')) {
          const { keys } = JSON.parse(content) as { keys: object[] };
          return JSON.stringify({
            keys: keys.map((one) => ({
              ...one,
              expires: null,
              keyid: npmKeyId(key),
              key: key.spki.toString('base64'),
            })),
          });
        }
        if (!path.endsWith('/p/packument.json')) return content;
        const signature = signWith(key, Buffer.from(`p@1.0.0:${evil}`)).toString('base64');
        const packument = JSON.parse(content) as PackumentJson;
        const { dist } = packument.versions['1.0.0'] as { dist: object };
        Object.assign(dist, { integrity: evil, signatures: [{ keyid: npmKeyId(key), sig: signature }] });
        return JSON.stringify(packument);
      };
      forge(folder, (index) => index);
      expect(await audit()).toEqual([0, true]);
      forge(folder, (index) => index, edited);
      expect(await audit()).toEqual([1, true]);
      const lockfile = join(folder, 'package-lock.json');
      writeFileSync(lockfile, readFileSync(lockfile, 'utf8').replaceAll(integrity, evil));
      expect(await audit()).toEqual([0, true]);
      writeFileSync(join(folder, 'own-keys.json'), JSON.stringify(lab.keys));
      writeFileSync(
        join(folder, 'assay.yml'),
        `registries:\n  private:\n    - url: ${lab.url}\n      keys: own-keys.json\n`,
      );
      expect((await audit())[0]).toBe(1);
    });
  });
});

describe('trust.packs', () => {
  it('demands that one of these signed the whole file', async () => {
    await withLoss(async ({ lab, folder, audit, gap }) => {
      const sign = (file: string, bundle: BundleJson): void => {
        writeFileSync(join(folder, `${file}.sigstore.json`), JSON.stringify(bundle));
      };
      const bytes = readFileSync(join(folder, 'e.tar'));
      writeFileSync(join(folder, 'assay.yml'), BY_WORKFLOW);
      const unsigned = await audit('e.tar');
      expect(unsigned[0]).toBe(2);
      expect(unsigned[1]).toContain('assay.yml demands a signature of it, and there is no e.tar.sigstore.json');

      sign('e.tar', lab.sigstore.signMessage(bytes, { identity: WORKFLOW }));
      expect(await audit('e.tar')).toEqual([1, 'provenance-lost']);
      expect((await gap('check', 'p@1.0.0', '--evidence', 'e.tar')).status).toBe(0);

      // Of another file, by somebody else, of another instance, and what is no bundle.
      leaveOut(folder);
      sign('forged.tar', lab.sigstore.signMessage(bytes, { identity: WORKFLOW }));
      const edited = await audit('forged.tar');
      expect([edited[0], edited[1]]).toEqual([
        2,
        expect.stringMatching(/forged\.tar cannot be used as evidence: .*demands/),
      ]);
      const other = {
        ...WORKFLOW,
        subject: { kind: 'uri', value: 'https://github.com/eve/p/.github/workflows/a.yml@refs/heads/main' },
      } as const;
      sign('e.tar', lab.sigstore.signMessage(bytes, { identity: other }));
      expect((await audit('e.tar'))[1]).toContain('is none: signed by https://github.com/eve/p/');
      expect((await gap('check', 'p@1.0.0', '--evidence', 'e.tar')).status).toBe(2);
      writeFileSync(join(folder, 'e.tar.sigstore.json'), '{');
      expect((await audit('e.tar'))[0]).toBe(2);

      // A policy of whoever signs with a key.
      const key = newKey('P-256');
      writeFileSync(join(folder, 'packs.pem'), pemOf(key));
      writeFileSync(join(folder, 'assay.yml'), `${BY_WORKFLOW}    - key: packs.pem\n`);
      sign('e.tar', lab.sigstore.signMessage(bytes, { key, hint: 'any' }));
      expect(await audit('e.tar')).toEqual([1, 'provenance-lost']);
      const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
      writeFileSync(join(folder, 'packs.pem'), stranger.export({ type: 'spki', format: 'pem' }));
      expect((await audit('e.tar'))[0]).toBe(2);
    });
  });

  it('takes keys of every kind that bundles are signed with, and subjects by any hash', async () => {
    await withLoss(async ({ lab, folder, audit }) => {
      const bytes = readFileSync(join(folder, 'e.tar'));
      const put = (bundle: unknown): void => {
        writeFileSync(join(folder, 'e.tar.sigstore.json'), JSON.stringify(bundle));
      };
      const name = (key: KeyObject): string => {
        const text = key.export({ type: 'spki', format: 'pem' }).toString();
        writeFileSync(join(folder, 'packs.pem'), text);
        return Buffer.from(text).toString('base64');
      };
      writeFileSync(join(folder, 'assay.yml'), 'trust:\n  packs:\n    - key: packs.pem\n');
      for (const [pair, hash] of [
        [generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256'],
        [generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha384'],
        [generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha256'],
        [generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'sha512'],
        [generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
        [generateKeyPairSync('ed25519'), 'sha512'],
      ] as const) {
        const content = name(pair.publicKey);
        const bundleOf = (message: Buffer): unknown => {
          const isPure = pair.publicKey.asymmetricKeyType === 'ed25519';
          const signature = sign(isPure ? null : hash, message, pair.privateKey).toString('base64');
          const value = createHash(hash).update(bytes).digest('hex');
          const body = {
            ...{ apiVersion: '0.0.1', kind: 'hashedrekord' },
            spec: {
              data: { hash: { algorithm: hash, value } },
              signature: { content: signature, publicKey: { content } },
            },
          };
          const tlogEntries = [lab.sigstore.rekor.v1.append(body, lab.clock.now())];
          return {
            mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
            verificationMaterial: { publicKey: { hint: 'any' }, tlogEntries },
            messageSignature: { signature },
          };
        };
        put(bundleOf(bytes));
        expect(await audit('e.tar')).toEqual([1, 'provenance-lost']);
        put(bundleOf(Buffer.concat([bytes, Buffer.alloc(1)])));
        expect((await audit('e.tar'))[1]).toMatch(/is none: the signature is not of this (?:digest|artifact)/);
      }

      const key = newKey('P-256');
      writeFileSync(join(folder, 'packs.pem'), pemOf(key));
      const statement = (digest: Record<string, string>): unknown =>
        lab.sigstore.signStatement(
          {
            ...{ _type: 'https://in-toto.io/Statement/v1', predicateType: 'https://example.com/pack', predicate: {} },
            subject: [{ name: 'e.tar', digest }],
          },
          { key, hint: 'any' },
        );
      for (const hash of ['sha256', 'sha384', 'sha512']) {
        put(statement({ [hash]: createHash(hash).update(bytes).digest('hex') }));
        expect(await audit('e.tar')).toEqual([1, 'provenance-lost']);
        put(statement({ [hash]: createHash(hash).update('another').digest('hex') }));
        expect((await audit('e.tar'))[1]).toContain('no subject of the statement is this artifact');
      }

      // Said before anything is looked at, whether or not there is a signature.
      rmSync(join(folder, 'e.tar.sigstore.json'));
      for (const { publicKey } of [
        generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
        generateKeyPairSync('ed448'),
        generateKeyPairSync('rsa', { modulusLength: 1024 }),
      ]) {
        name(publicKey);
        const [status, said] = await audit('e.tar');
        expect(status).toBe(2);
        expect(said).toMatch(
          /\nassay: .*the key packs\.pem cannot be used: .*ECDSA P-256, P-384 and P-521, Ed25519.*\n$/,
        );
      }
    });
  });

  it('demands nothing where the network is asked, nor of what is packed', async () => {
    await withLoss(async ({ folder, online }) => {
      writeFileSync(join(folder, 'assay.yml'), BY_WORKFLOW);
      expect((await online('audit')).status).toBe(1);
      expect((await online('pack', '--output', 'again.tar')).status).toBe(0);
    });
  });
});
