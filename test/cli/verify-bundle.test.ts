import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, startLab, type Lab } from '../../lab/index.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { assayHere } from './in-process.ts';
import { assay, inFolder } from './run.ts';

const NOTE = hasSharedData ? '' : ' (skipped: the data is not on this machine)';
const CASES = hasSharedData
  ? readdirSync(sharedData('conformance'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  : [];

/** Cases whose key or trusted root cannot be read at all: wrong input, before any bundle is looked at. */
const UNUSABLE = ['managed-key-wrong-key_fail', 'trust-root-tlog-missing-validity-start_fail'];

/** The identity that signs where a case names none. */
const BEACON =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const ISSUER = 'https://token.actions.githubusercontent.com';

function textOr(path: string, otherwise: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : otherwise;
}

describe.skipIf(!hasSharedData)(`the client conformance cases${NOTE}`, () => {
  it('are all there', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(50);
  });

  it.each(CASES.map(({ name }) => name))('%s', async (name) => {
    const folder = sharedData(`conformance/${name}`);
    const own = join(folder, 'artifact');
    const artifact = existsSync(own) ? own : sharedData('conformance/a.txt');
    const digest = `sha256:${createHash('sha256').update(readFileSync(artifact)).digest('hex')}`;
    const root = join(folder, 'trusted_root.json');
    const key = join(folder, 'key.pub');
    const signer = existsSync(key)
      ? ['--key', key]
      : [
          ...['--certificate-identity', textOr(join(folder, 'identity'), BEACON)],
          ...['--certificate-oidc-issuer', textOr(join(folder, 'issuer'), ISSUER)],
        ];
    const args = [
      ...['verify-bundle', '--bundle', join(folder, 'bundle.sigstore.json'), ...signer],
      ...(existsSync(root) ? ['--trusted-root', root] : []),
    ];
    for (const target of [artifact, digest]) {
      const { status, stdout, stderr } = await assayHere([...args, target], folder);
      expect(status, stdout + stderr).toBe(UNUSABLE.includes(name) ? 2 : name.endsWith('_fail') ? 1 : 0);
    }
  });
});

describe.skipIf(!hasSharedData)(`what cosign signs with a key${NOTE}`, () => {
  const logs = (name: string): string => sharedData(`logs/${name}`);
  const verify = (bundle: string, target: string, key = logs('cosign-key.pub')): ReturnType<typeof assayHere> => {
    const args = ['--bundle', logs(bundle), '--key', key, '--trusted-root', logs('trusted_root.json'), target];
    return assayHere(['verify-bundle', ...args], logs('.'));
  };
  const SHA256 = 'sha256:af83f75ac63f1e493aab5f92040ec7742b2adc451a46ee9932592e444fd70d02';

  it.each(['cosign-key.json', 'cosign-key-blob.json'])(
    '%s holds, and not for another artifact or key',
    async (name) => {
      const run = await verify(name, SHA256);
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(run.stdout).toContain('key 9EL+NJ8VJNGuYfUJL0OrmDjMpwZQYJMjOmao9Noyy7k=');
      expect((await verify(name, `sha256:${'0'.repeat(64)}`)).status).toBe(1);
      await inFolder(async (folder) => {
        const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const other = join(folder, 'key.pub');
        writeFileSync(other, publicKey.export({ type: 'spki', format: 'pem' }));
        expect((await verify(name, SHA256, other)).status).toBe(1);
      });
    },
  );
});

describe('verify-bundle', () => {
  const TEAM = ciWorkflow({ repository: 'team/p', ref: 'refs/heads/main' });
  const IDENTITY = 'https://github.com/team/p/.github/workflows/publish.yml@refs/heads/main';

  /** A bundle of the lab over artifact.txt in a folder with the lab's root. */
  async function signed(work: (args: readonly string[], folder: string, lab: Lab) => Promise<void>): Promise<void> {
    const lab = await startLab();
    try {
      await inFolder(async (folder) => {
        writeFileSync(join(folder, 'artifact.txt'), 'hello');
        writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
        const bundle = lab.sigstore.signMessage(
          Buffer.from('hello'),
          { identity: TEAM.identity },
          { at: lab.clock.now() },
        );
        writeFileSync(join(folder, 'bundle.json'), JSON.stringify(bundle));
        await work(['verify-bundle', '--bundle', 'bundle.json', '--trusted-root', 'root.json'], folder, lab);
      });
    } finally {
      await lab.close();
    }
  }

  it('holds for the artifact and its digests, and says who signed', async () => {
    await signed(async (args, folder) => {
      const who = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', ISSUER];
      const sha256 = createHash('sha256').update('hello').digest('hex');
      for (const target of ['artifact.txt', `sha256:${sha256}`, `sha256:${sha256.toUpperCase()}`]) {
        const run = await assay([...args, ...who, target], folder);
        expect(run).toMatchObject({ status: 0, stderr: '' });
        expect(run.stdout).toContain(IDENTITY);
      }
      const json = await assay([...args, ...who, 'artifact.txt', '--json'], folder);
      expect(JSON.parse(json.stdout)).toMatchObject({ verified: true });
    });
  });

  it('fails for other bytes, another identity, another issuer, another root and no bundle at all', async () => {
    await signed(async (args, folder) => {
      writeFileSync(join(folder, 'other.txt'), 'hellp');
      writeFileSync(join(folder, 'broken.json'), '{');
      const who = (identity: string, issuer: string): string[] => [
        ...['--certificate-identity', identity, '--certificate-oidc-issuer', issuer],
      ];
      const wrong = [
        [...args, ...who(IDENTITY, ISSUER), 'other.txt'],
        [...args, ...who(IDENTITY, ISSUER), `sha256:${'0'.repeat(64)}`],
        [...args, ...who(IDENTITY.slice(0, -1), ISSUER), 'artifact.txt'],
        [...args, ...who(`${IDENTITY}x`, ISSUER), 'artifact.txt'],
        [...args, ...who(IDENTITY.replace('.github', 'xgithub'), ISSUER), 'artifact.txt'],
        [...args, ...who('.*', ISSUER), 'artifact.txt'],
        [...args, ...who(IDENTITY, `${ISSUER}/`), 'artifact.txt'],
        ['verify-bundle', '--bundle', 'bundle.json', ...who(IDENTITY, ISSUER), 'artifact.txt'],
        ['verify-bundle', '--bundle', 'broken.json', ...who(IDENTITY, ISSUER), 'artifact.txt'],
      ];
      for (const command of wrong) {
        const run = await assayHere(command, folder);
        expect({ status: run.status, stderr: run.stderr }, command.join(' ')).toEqual({ status: 1, stderr: '' });
      }
    });
  });

  it('refuses a bundle signed with a certificate where a key is demanded', async () => {
    await signed(async (args, folder) => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      writeFileSync(join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
      expect((await assayHere([...args, '--key', 'key.pub', 'artifact.txt'], folder)).status).toBe(1);
    });
  });

  it('names the clock where that is behind, and makes no statement', async () => {
    await signed(async (args, folder, lab) => {
      const who = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', ISSUER];
      for (const minutes of [5, 15, 480]) {
        const at = Date.now() + minutes * 60_000;
        const bundle = lab.sigstore.signMessage(Buffer.from('hello'), { identity: TEAM.identity }, { at });
        writeFileSync(join(folder, 'bundle.json'), JSON.stringify(bundle));
        const run = await assayHere([...args, ...who, 'artifact.txt'], folder);
        expect({ minutes, status: run.status, stderr: run.stderr }).toEqual({
          minutes,
          status: minutes === 5 ? 0 : 3,
          stderr: '',
        });
        if (minutes > 5) expect(run.stdout).toMatch(/^refused: this machine's clock is behind/);
      }
    });
  });

  it('demands a log where the trusted root lists one, whatever kind of key that has', async () => {
    await signed(async (args, folder, lab) => {
      const who = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', ISSUER];
      const options = { at: lab.clock.now(), log: [], timestamps: 1 } as const;
      const bundle = lab.sigstore.signMessage(Buffer.from('hello'), { identity: TEAM.identity }, options);
      writeFileSync(join(folder, 'bundle.json'), JSON.stringify(bundle));
      const { tlogs } = lab.trustedRoot;
      const unknown = tlogs.map((log) => ({ ...log, publicKey: { ...log.publicKey, keyDetails: 'PKIX_OF_TOMORROW' } }));
      for (const [logs, status] of [
        [tlogs, 1],
        [unknown, 1],
        [[], 0],
      ] as const) {
        writeFileSync(join(folder, 'root.json'), JSON.stringify({ ...lab.trustedRoot, tlogs: logs }));
        const run = await assayHere([...args, ...who, 'artifact.txt'], folder);
        expect(run.status).toBe(status);
        if (logs === unknown) expect(run.stdout.replace(/\s+/g, ' ')).toContain('2 of its 2 logs have a key of a kind');
      }
    });
  });

  it.each([
    [['artifact.txt', 'artifact.txt'], /takes one artifact/],
    [['sha256:abc'], /sha256: needs 64 hex digits/],
    [['sha512:zz'], /sha512: needs 128 hex digits/],
    [['nowhere.txt'], /cannot read the artifact nowhere\.txt: no such file/],
  ])('%s is wrong usage', async (targets, line) => {
    await signed(async (args, folder) => {
      const who = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', ISSUER];
      const run = await assayHere([...args, ...who, ...targets], folder);
      expect(run.status).toBe(2);
      expect(run.stderr).toMatch(line);
    });
  });
});
