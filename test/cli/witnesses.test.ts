import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, type Lab } from '../../lab/index.ts';
import { withGoLab } from '../support/go-lab.ts';
import { withLab } from '../support/lab.ts';
import { cosigned, newWitness, signedText, type TestWitness } from '../support/witness.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { withPack } from './pack-project.ts';
import { configOf, inFolder, type Run } from './run.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });
const [first, second, third] = [newWitness('w1.test'), newWitness('w2.test'), newWitness('w3.test')];
/** Two of three. */
const TWO = `${[first, second, third].map((one, i) => `witness w${i} ${one.vkey()}`).join('\n')}
group two 2 w0 w1 w2
quorum two
`;
const DEMAND = 'trust:\n  witness-policy: witnesses.txt\n';

/** Changes the checkpoint of every log entry of a version's attestations. */
function withCheckpoints(lab: Lab, name: string, change: (envelope: string) => string): void {
  lab.tamperAttestations(name, '1.0.0', (document) => {
    for (const { bundle } of document.attestations) {
      for (const { inclusionProof } of bundle.verificationMaterial.tlogEntries) {
        if (inclusionProof) inclusionProof.checkpoint.envelope = change(inclusionProof.checkpoint.envelope);
      }
    }
    return document;
  });
}

const by =
  (...witnesses: readonly TestWitness[]) =>
  (envelope: string): string =>
    cosigned(envelope, ...witnesses.map((one) => one.line(1_775_000_000n, signedText(envelope))));

/** A project with one package of two attestations, which is asked about anew. */
function withPackage(work: (project: LabProject & { readonly codes: () => Promise<unknown> }) => Promise<void>) {
  return withProject(async (project) => {
    const { lab, folder, lock, report } = project;
    await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
    await lock({ p: '1.0.0' });
    writeFileSync(join(folder, 'witnesses.txt'), TWO);
    const codes = async (): Promise<unknown> => {
      const { status, findings } = await report('--no-cache');
      return [status, findings.map(({ code, args }) => `${code} ${String(args['reason'])}`)];
    };
    await work({ ...project, codes });
  });
}

const REFUSED = [1, ['provenance-invalid log-witnesses', 'provenance-invalid log-witnesses']];

describe('witnesses that a policy demands of an audit', () => {
  it('must have signed the checkpoint that a bundle is proven by: as many, and these', async () => {
    await withPackage(async ({ lab, folder, codes, run }) => {
      expect(await codes()).toEqual([0, []]);
      writeFileSync(join(folder, 'assay.yml'), DEMAND);
      expect(await codes()).toEqual(REFUSED);
      expect((await run('--no-cache')).stdout).toContain('0 of 3 witnesses signed its checkpoint');
      const stranger = newWitness('w4.test');
      const otherSize = (envelope: string): string =>
        envelope.replace(/\n(\d+)\n/, (_, size: string) => `\n${size}0\n`);
      const cases: readonly (readonly [(envelope: string) => string, unknown])[] = [
        [by(first, third), [0, []]],
        [by(second), REFUSED],
        [by(second, second), REFUSED],
        [by(second, stranger), REFUSED],
        // Of another tree size, and with another time than was signed.
        [(note) => cosigned(note, by(first)('').trim(), second.line(1n, signedText(otherSize(note)))), REFUSED],
        [
          (note) =>
            cosigned(note, first.line(1n, signedText(note)), third.line(1n, 'x\n').replace(third.name, second.name)),
          REFUSED,
        ],
        [(note) => by(first, second, third)(note), [0, []]],
      ];
      for (const [change, expected] of cases) {
        withCheckpoints(lab, 'p', (note) => change(note.slice(0, note.indexOf('\n', note.indexOf('— ')) + 1)));
        expect(await codes()).toEqual(expected);
      }
      withCheckpoints(lab, 'p', (note) => note.slice(0, note.indexOf('\n', note.indexOf('— ')) + 1));
      expect(await codes()).toEqual(REFUSED);
      writeFileSync(join(folder, 'witnesses.txt'), TWO.replace('quorum two', 'quorum none'));
      expect(await codes()).toEqual([0, []]);
    });
  });

  it('an entry that a log only promised is in no tree that anybody saw', async () => {
    await withPackage(async ({ lab, folder, codes, lock }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM, bundleVersion: '0.1' });
      await lock({ p: '1.0.0' });
      lab.tamperAttestations('p', '1.0.0', (document) => {
        for (const { bundle } of document.attestations) {
          for (const entry of bundle.verificationMaterial.tlogEntries) delete entry.inclusionProof;
        }
        return document;
      });
      expect(await codes()).toEqual([0, []]);
      writeFileSync(join(folder, 'assay.yml'), DEMAND);
      expect(await codes()).toEqual(REFUSED);
    });
  });

  it('are asked about again where an earlier run, or the baseline, did without', async () => {
    await withPackage(async ({ lab, folder, report, run, read }) => {
      expect((await run('update')).status).toBe(0);
      expect(await report()).toMatchObject({ status: 0, baseline: { held: 1 } });
      const held = read('assay.lock');
      writeFileSync(join(folder, 'assay.yml'), DEMAND);
      expect(await report()).toMatchObject({ status: 1, baseline: { held: 0 } });
      // Without a baseline, by what the cache remembers alone.
      rmSync(join(folder, 'assay.lock'));
      rmSync(join(folder, 'assay.yml'));
      const asked = async (): Promise<unknown> => {
        const before = lab.requests.length;
        const cached = { ASSAY_CACHE: join(folder, 'kept'), XDG_CONFIG_HOME: configOf(folder) };
        const trust = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
        const { status } = await assayInside(['audit', ...trust], folder, cached);
        return [status, lab.requests.slice(before).some(({ url }) => url.includes('attestations'))];
      };
      expect(await asked()).toEqual([0, true]);
      expect(await asked()).toEqual([0, false]);
      writeFileSync(join(folder, 'assay.yml'), DEMAND);
      expect(await asked()).toEqual([1, true]);
      writeFileSync(join(folder, 'assay.lock'), held);
      withCheckpoints(lab, 'p', by(first, second));
      expect(await report('--no-cache')).toMatchObject({ status: 0 });
      // What held with two is asked again where three are demanded.
      expect(await report()).toMatchObject({ status: 0 });
      writeFileSync(join(folder, 'witnesses.txt'), TWO.replace('two 2', 'two 3'));
      expect(await report()).toMatchObject({ status: 1 });
    });
  });

  it('a file that is no policy of witnesses, or is not there, is wrong input', async () => {
    await withPackage(async ({ folder, run }) => {
      writeFileSync(join(folder, 'assay.yml'), DEMAND);
      writeFileSync(join(folder, 'witnesses.txt'), 'quorum\n');
      expect(await run()).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringMatching(/^assay: witnesses\.txt: .*not understood: quorum\n$/) as string,
      });
      writeFileSync(join(folder, 'assay.yml'), DEMAND.replace('witnesses.txt', 'none.txt'));
      expect((await run()).status).toBe(2);
    });
  });
});

describe('instances beside the main one', () => {
  /** p of the main instance, @company/q of another one. */
  const withCompany = (
    work: (one: {
      lab: Lab;
      company: Lab;
      folder: string;
      judge: (yaml: string) => Promise<string[]>;
    }) => Promise<void>,
  ) =>
    withLab((company) =>
      withProject(async ({ lab, folder, lock, edit, report }) => {
        await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
        await lab.publish({ name: '@company/q', version: '1.0.0', by: TEAM });
        await company.publish({ name: '@company/q', version: '1.0.0', by: TEAM });
        await lock({ p: '1.0.0', '@company/q': '1.0.0' });
        edit('.npmrc', (text) => `${text}@company:registry=${company.url}\n`);
        edit('package-lock.json', (text) => {
          const pattern = /"node_modules\/@company\/q": \{[^}]*\}/;
          return text.replace(pattern, () => pattern.exec(company.lockfile({ '@company/q': '1.0.0' }))?.[0] ?? '');
        });
        mkdirSync(join(folder, 'trust'));
        writeFileSync(join(folder, 'trust/company.json'), JSON.stringify(company.trustedRoot));
        writeFileSync(join(folder, 'company-keys.json'), JSON.stringify(company.keys));
        writeFileSync(join(folder, 'witnesses.txt'), TWO);
        writeFileSync(join(folder, 'nobody.txt'), 'quorum none\n');
        const rest = `expect:\n  '@company/*':\n    instance: company\nregistries:\n  private:\n    - url: ${company.url}\n      keys: company-keys.json\n`;
        await work({
          lab,
          company,
          folder,
          judge: async (yaml) => {
            writeFileSync(join(folder, 'assay.yml'), yaml + rest);
            const { findings } = await report('--no-cache');
            return [...new Set(findings.map(({ name, code }) => `${name} ${code}`))].sort();
          },
        });
      }),
    );
  const instance = (...lines: string[]): string =>
    `  instances:\n    company:\n      root: trust/company.json\n${lines.map((line) => `      ${line}\n`).join('')}`;

  it('are held to a policy of their own, else to that of all', async () => {
    await withCompany(async ({ company, judge }) => {
      const own = 'witness-policy: witnesses.txt';
      expect(await judge(`trust:\n${instance()}`)).toEqual([]);
      expect(await judge(`trust:\n${instance(own)}`)).toEqual(['@company/q provenance-invalid']);
      expect(await judge(`${DEMAND}${instance()}`)).toEqual(['@company/q provenance-invalid', 'p provenance-invalid']);
      expect(await judge(`${DEMAND}${instance('witness-policy: nobody.txt')}`)).toEqual(['p provenance-invalid']);
      withCheckpoints(company, '@company/q', by(first, second));
      expect(await judge(`trust:\n${instance(own)}`)).toEqual([]);
    });
  });

  it('one without a log, as GitHub’s is, has no checkpoint that anybody could witness', async () => {
    await withCompany(async ({ judge }) => {
      const stamped = instance('thresholds: {log: 0}');
      expect(await judge(`${DEMAND}${stamped}`)).toEqual(['p provenance-invalid']);
    });
  });
});

describe('other ways to a checkpoint', () => {
  it('a pack has the cosignatures that were served', async () => {
    await withPack(async ({ lab, lock, folder, online, gap }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      await lock({ p: '1.0.0' });
      writeFileSync(join(folder, 'witnesses.txt'), TWO);
      writeFileSync(join(folder, 'assay.yml'), DEMAND);
      for (const [witnesses, status] of [
        [[first], 1],
        [[first, second], 0],
      ] as const) {
        withCheckpoints(lab, 'p', by(...witnesses));
        expect((await online('pack', '--output', 'e.tar')).status).toBe(0);
        expect((await gap('audit', '--evidence', 'e.tar', '--no-cache')).status).toBe(status);
      }
    });
  });

  it('verify-bundle demands those of --witness-policy', async () => {
    await withPackage(async ({ lab, folder }) => {
      const { attestations, tarball } = await lab.publish({ name: 'q', version: '1.0.0', by: TEAM });
      const bundle = attestations?.attestations.at(-1)?.bundle;
      if (bundle === undefined) throw new Error('nothing was attested');
      writeFileSync(join(folder, 'q.tgz'), tarball);
      const verify = (...args: string[]): Promise<Run> => {
        const signer = [
          '--certificate-identity-regexp',
          '.*',
          '--certificate-oidc-issuer',
          'https://token.actions.githubusercontent.com',
        ];
        const all = ['--bundle', 'q.json', '--trusted-root', 'root.json', ...signer, ...args, 'q.tgz', '--json'];
        return assayInside(['verify-bundle', ...all], folder);
      };
      writeFileSync(join(folder, 'q.json'), JSON.stringify(bundle));
      expect((await verify()).status).toBe(0);
      const refused = await verify('--witness-policy', 'witnesses.txt');
      expect(refused).toMatchObject({ status: 1, stdout: expect.stringContaining('"log-witnesses"') as string });
      for (const { inclusionProof } of bundle.verificationMaterial.tlogEntries) {
        if (inclusionProof) inclusionProof.checkpoint.envelope = by(second, third)(inclusionProof.checkpoint.envelope);
      }
      writeFileSync(join(folder, 'q.json'), JSON.stringify(bundle));
      expect((await verify('--witness-policy', 'witnesses.txt')).status).toBe(0);
      expect((await verify('--witness-policy', 'none.txt')).status).toBe(2);
    });
  });

  it('a record of the Go checksum database must be in a tree that they saw', async () => {
    await withGoLab((lab) =>
      inFolder(async (folder) => {
        lab.grow(300);
        const one = lab.publish('a.example/one', 'v1.0.0');
        const early = lab.database.head();
        const two = lab.publish('a.example/two', 'v1.0.0');
        writeFileSync(join(folder, 'go.sum'), one + two);
        writeFileSync(
          join(folder, 'go.mod'),
          'module p.example\n\ngo 1.21\n\nrequire a.example/one v1.0.0\nrequire a.example/two v1.0.0\n',
        );
        mkdirSync(join(folder, '.git'));
        writeFileSync(join(folder, 'witnesses.txt'), TWO);
        const audit = async (...args: string[]): Promise<unknown> => {
          const { status, stdout } = await assayInside(['audit', '--json', ...args], folder, lab.env);
          const { findings } = JSON.parse(stdout) as {
            findings: { name: string; code: string; args: { reason: string } }[];
          };
          return [status, findings.map(({ name, code, args: { reason } }) => `${name} ${code}: ${reason}`).sort()];
        };
        const lacking = (count: number): string =>
          `log-proof-invalid: ${count} of 3 witnesses signed its checkpoint, which the policy refuses`;
        expect((await assayInside(['update'], folder, lab.env)).status).toBe(0);
        expect(await audit()).toEqual([0, []]);
        writeFileSync(join(folder, 'assay.yml'), DEMAND);
        const both = (count: number): unknown => [
          1,
          [`a.example/one ${lacking(count)}`, `a.example/two ${lacking(count)}`],
        ];
        expect(await audit()).toEqual(both(0));

        const serve = (module: string, change: (head: string) => string, head = lab.database.head()): void => {
          const answer = lab.lookup(module, 'v1.0.0');
          const record = answer.slice(0, answer.indexOf('go.sum database tree'));
          lab.answerWith(`sumdb/sum.lab.example/lookup/${module}@v1.0.0`, record + change(head));
        };
        for (const module of ['a.example/one', 'a.example/two']) serve(module, by(first));
        expect(await audit()).toEqual(both(1));
        // One head with enough of them is enough for all records that are in its tree.
        serve('a.example/one', by(first, second));
        expect(await audit()).toEqual([0, []]);
        serve('a.example/one', by(first, second), early);
        expect(await audit()).toEqual([1, [`a.example/two ${lacking(1)}`]]);
        const forged = (note: string): string =>
          cosigned(note, first.line(1n, signedText(note)), second.line(1n, signedText(early)));
        serve('a.example/one', forged);
        expect(await audit()).toEqual(both(1));
      }),
    );
  });
});
