import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, startLab, type Lab } from '../../lab/index.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { assayHere } from './in-process.ts';
import { assay, CLI, inFolder, start, type Run } from './run.ts';

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

  it('loads two scripts, no module, and of Node no more than its cryptography needs', async () => {
    await signed(async (args, folder) => {
      const said = 'process.on("exit", () => require("fs").writeSync(2, JSON.stringify([process.moduleLoadList, ';
      writeFileSync(join(folder, 'said.cjs'), `${said}Object.keys(require.cache)])));`);
      writeFileSync(join(folder, 'least.cjs'), "require('node:crypto');");
      const loaded = async (...command: string[]): Promise<[string[], string[]]> => {
        const env = { PATH: process.env['PATH'] ?? '', CI: '1' };
        const run = await start(process.execPath, ['--require', './said.cjs', ...command], folder, env);
        expect(run.status).toBe(0);
        return JSON.parse(run.stderr) as [string[], string[]];
      };
      const who = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', ISSUER];
      const [ours, files] = await loaded(CLI, ...args, ...who, 'artifact.txt');
      const [least] = await loaded('least.cjs');
      expect(files.map((file) => basename(file))).toEqual(['said.cjs', 'cli.cjs', 'verify-bundle.cjs']);
      const more = ours.filter((name) => name.startsWith('NativeModule ') && !least.includes(name));
      expect(
        more.filter((name) => /net|http|tls|tty|zlib|modules\/esm|promises|parse_args|worker|url$/.test(name)),
      ).toEqual([]);
      expect(more.length).toBeLessThan(5);
      // Reading it is a good part of the time of a run.
      expect(statSync(join(dirname(CLI), 'verify-bundle.cjs')).size).toBeLessThan(180_000);
    });
  });

  it('writes as much as it has to say, also where its output is slow, closed or full', async () => {
    await signed(async (args, folder) => {
      const who = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', ISSUER];
      const bundles = Array.from({ length: 150 }, () => ['--bundle', 'bundle.json']).flat();
      const command = [CLI, ...args, ...bundles, ...who, '--json', 'artifact.txt'];
      const sh = (script: string): Promise<Run> =>
        start('sh', ['-c', script, 'sh', process.execPath, ...command], folder, { PATH: process.env['PATH'] ?? '' });
      const piped = await sh('"$@" | { sleep 1; cat; }');
      expect(piped.stdout.length).toBeGreaterThan(200_000);
      expect((await sh('"$@" > out.txt && cat out.txt')).stdout).toBe(piped.stdout);
      expect((JSON.parse(piped.stdout) as { bundles: unknown[] }).bundles.length).toBe(151);
      expect(await sh('{ "$@"; echo $? >&2; } | head -c 1 > out.txt')).toMatchObject({ stderr: '0\n' });
      if (existsSync('/dev/full')) {
        expect(await sh('"$@" > /dev/full')).toMatchObject({
          status: 2,
          stderr:
            'assay: cannot write standard output: no space is left on the disk (ENOSPC): make room, or name another place\n',
        });
      }
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
        const isIssuer = command.includes(`${ISSUER}/`);
        const said = run.stdout.replace(/\s+/g, ' ');
        expect(said.includes(`demanded is the issuer ${ISSUER}/`), said).toBe(isIssuer);
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

  it('demands a log whatever the trusted root lists, unless the call states that there is none', async () => {
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
        [[], 2],
      ] as const) {
        writeFileSync(join(folder, 'root.json'), JSON.stringify({ ...lab.trustedRoot, tlogs: logs }));
        const run = await assayHere([...args, ...who, 'artifact.txt'], folder);
        expect(run.status).toBe(status);
        if (status === 2)
          expect(run.stderr).toMatch(/names no transparency log, and log is 1; state what its bundles show/);
        const stated = await assayHere([...args, ...who, '--thresholds', 'log=0', 'artifact.txt'], folder);
        expect(stated.status).toBe(0);
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

  it('judges every bundle of a call: the worst decides, and a file that cannot be read hides none', async () => {
    await signed(async (_, folder, lab) => {
      const who = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', ISSUER];
      const call = async (...bundles: string[]): ReturnType<typeof assayHere> => {
        const files = bundles.flatMap((name) => ['--bundle', name]);
        return assayHere(['verify-bundle', ...files, '--trusted-root', 'root.json', ...who, 'artifact.txt'], folder);
      };
      const bad = lab.sigstore.signMessage(Buffer.from('hellp'), { identity: TEAM.identity }, { at: lab.clock.now() });
      const late = { at: Date.now() + 480 * 60_000 };
      const ahead = lab.sigstore.signMessage(Buffer.from('hello'), { identity: TEAM.identity }, late);
      const good = readFileSync(join(folder, 'bundle.json'), 'utf8');
      writeFileSync(join(folder, 'bad.json'), JSON.stringify(bad));
      writeFileSync(join(folder, 'ahead.json'), JSON.stringify(ahead));
      writeFileSync(join(folder, 'lines.jsonl'), `${good}\n${good}\n`);
      writeFileSync(join(folder, 'mixed.jsonl'), `${good}\n${JSON.stringify(bad)}\n{\n`);
      expect((await call('bundle.json', 'bundle.json')).status).toBe(0);
      expect((await call('lines.jsonl')).status).toBe(0);
      expect((await call('mixed.jsonl')).status).toBe(1);
      expect((await call('bundle.json', 'ahead.json')).status).toBe(3);
      expect((await call('bundle.json', 'nowhere.json')).status).toBe(2);
      expect((await call('nowhere.json', 'ahead.json')).status).toBe(3);
      expect(await call('nowhere.json')).toMatchObject({ status: 2, stdout: '' });
      const all = await call('nowhere.json', 'bad.json', 'bundle.json', 'ahead.json', 'mixed.jsonl');
      expect(all.status).toBe(1);
      expect(all.stdout.match(/^(?:nowhere|bad|bundle|ahead|mixed)\.jsonl?(?::\d)?$/gm)).toEqual([
        ...['nowhere.json', 'bad.json', 'bundle.json', 'ahead.json'],
        ...['mixed.jsonl:1', 'mixed.jsonl:2', 'mixed.jsonl:3'],
      ]);
      expect(all.stdout.match(/^(?:unread|refused|verified):/gm)).toEqual([
        ...['unread:', 'refused:', 'verified:', 'refused:', 'verified:', 'refused:', 'refused:'],
      ]);
      const files = ['nowhere.json', 'bundle.json', 'mixed.jsonl'].flatMap((name) => ['--bundle', name]);
      const args = [...files, '--trusted-root', 'root.json', ...who, '--json', 'artifact.txt'];
      const json: unknown = JSON.parse((await assayHere(['verify-bundle', ...args], folder)).stdout);
      expect(validates(json)).toBe(true);
      expect(json).toMatchObject({ verified: false, bundles: [{ bundle: null }, { line: null }, { line: 1 }, {}, {}] });
    });
  });

  it('says what a bundle lacks, and by which hash it has to be compared', async () => {
    await signed(async (args, folder, lab) => {
      const who = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', ISSUER];
      const said = async (...rest: string[]): Promise<string> => {
        const run = await assayHere([...args, ...who, ...rest], folder);
        expect(run.status).toBe(1);
        return run.stdout.replace(/\s+/g, ' ');
      };
      const more = await said('--thresholds', 'log=2', 'artifact.txt');
      expect(more).toContain('no transparency-log entry, or fewer than are demanded');
      expect(more).toMatch(/entries of 1 transparency logs of the trusted root, 2 demanded/);

      const hashOf = (algorithm: string): string => createHash(algorithm).update('hello').digest('hex');
      const statement = {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'artifact.txt', digest: { sha512: hashOf('sha512') } }],
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: {},
      };
      const bundle = lab.sigstore.signStatement(statement, { identity: TEAM.identity }, { at: lab.clock.now() });
      writeFileSync(join(folder, 'bundle.json'), JSON.stringify(bundle));
      expect((await assayHere([...args, ...who, `sha512:${hashOf('sha512')}`], folder)).status).toBe(0);
      const other = await said(`sha256:${hashOf('sha256')}`);
      expect(other).toMatch(/names its subjects by sha512 alone, by which the artifact was not given/);
      expect(await said(`sha512:${'ab'.repeat(64)}`)).toContain('no subject of the statement is this artifact');

      const document = { attestations: [{ predicateType: statement.predicateType, bundle }] };
      writeFileSync(join(folder, 'bundle.json'), JSON.stringify(document));
      expect(await said('artifact.txt')).toContain('as npm serves it: give the member bundle of one of them');
    });
  });

  it('takes a regular expression for the whole identity, and for nothing less', async () => {
    await signed(async (args, folder) => {
      const statusOf = async (...who: string[]): Promise<number | null> =>
        (await assayHere([...args, ...who, 'artifact.txt'], folder)).status;
      const by = (pattern: string): Promise<number | null> =>
        statusOf('--certificate-identity-regexp', pattern, '--certificate-oidc-issuer', ISSUER);
      expect(await by('https://github\\.com/team/p/\\.github/workflows/[a-z]+\\.yml@refs/heads/.*')).toBe(0);
      for (const part of ['https://github\\.com/team/', 'team/p', '^https://github', 'main$', '']) {
        expect(await by(part === '' ? 'x?' : part), part).toBe(1);
      }
      const part = ['--certificate-identity-regexp', 'team/p', '--certificate-oidc-issuer', ISSUER];
      const said = (await assayHere([...args, ...part, 'artifact.txt'], folder)).stdout;
      expect(said.replace(/\s+/g, ' ')).toContain('matches a part of it, and has to match the whole');
      expect(await by('(a+)+$')).toBe(1);
      for (const wrong of ['(', '(?=a)', '\\bteam', 'a**']) expect(await by(wrong), wrong).toBe(2);
      expect(await statusOf('--certificate-identity-regexp', '.*')).toBe(2);
      expect(await statusOf('--certificate-identity-regexp', '.*', '--certificate-identity', IDENTITY)).toBe(2);
      expect(await statusOf('--certificate-identity-regexp', '.*', '--key', 'k')).toBe(2);
      const other = ['--certificate-identity-regexp', '.*', '--certificate-oidc-issuer', `${ISSUER}.evil`];
      expect(await statusOf(...other)).toBe(1);
    });
  });

  it('says what it needs, with an example, where it is given nothing', async () => {
    await inFolder(async (folder) => {
      for (const args of [[], ['--bundle', 'b.json', 'artifact.txt']]) {
        const run = await assayHere(['verify-bundle', ...args], folder);
        expect(run.status).toBe(2);
        expect(run.stderr).toMatch(
          /such as: assay verify-bundle --bundle \S+ --certificate-identity https:\S+ .*app\.tgz/,
        );
      }
    });
  });
});

const ajv = new Ajv2020();
const schemaOf = (name: string): object =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../docs/schemas/${name}.schema.json`), 'utf8')) as object;
ajv.addFormat('date-time', true);
ajv.addSchema(schemaOf('bundle-1'));
const validates = ajv.compile(schemaOf('bundles-1'));

describe.skipIf(!hasSharedData)(`what GitHub signs for private repositories${NOTE}`, () => {
  const recorded = hasSharedData
    ? [
        'sigstore-java/java__src__test__resources__dev__sigstore__samples__bundles__github-private-no-tlog__attestation.sigstore.json',
        'automata-slsa-sigstore-verifier/samples__actions-attest-build-provenance-attestation-13531551.sigstore.json',
      ].map((name) => sharedData(`sigstore/bundles/${name}`))
    : [];

  it('holds without any option of trust, and says who vouches', async () => {
    for (const file of recorded) {
      const { verificationMaterial, dsseEnvelope } = JSON.parse(readFileSync(file, 'utf8')) as {
        verificationMaterial: { certificate: { rawBytes: string } };
        dsseEnvelope: { payload: string };
      };
      const certificate = new X509Certificate(Buffer.from(verificationMaterial.certificate.rawBytes, 'base64'));
      const identity = certificate.subjectAltName?.replace(/^URI:/, '') ?? '';
      const { subject } = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8')) as {
        subject: { digest: { sha256: string } }[];
      };
      const digest = `sha256:${subject[0]?.digest.sha256 ?? ''}`;
      const args = ['verify-bundle', '--bundle', file, '--certificate-identity', identity];
      const run = await assay([...args, '--certificate-oidc-issuer', ISSUER, digest], sharedData('.'));
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(run.stdout).toMatch(/vouched by +github\n/);
      const who = [...args, '--certificate-oidc-issuer', ISSUER];
      const json = await assayHere([...who, '--json', digest], sharedData('.'));
      expect(JSON.parse(json.stdout)).toMatchObject({ verified: true, instance: 'github' });
      expect((await assayHere([...who, `sha256:${'0'.repeat(64)}`], sharedData('.'))).status).toBe(1);
      const gh = sharedData('sigstore/bundles/sigstore-java/github-private-no-tlog.trusted_root.jsonl');
      expect((await assayHere([...who, '--trusted-root', gh, digest], sharedData('.'))).status).toBe(0);
      const prod = sharedData('sigstore/trusted-root/prod-newest.json');
      expect((await assayHere([...who, '--trusted-root', prod, digest], sharedData('.'))).status).toBe(1);
      const fixed = await assayHere([...who, '--trusted-root', gh, '--thresholds', 'time=2', digest], sharedData('.'));
      expect(fixed).toMatchObject({ status: 2, stdout: '' });
    }
  });
});
