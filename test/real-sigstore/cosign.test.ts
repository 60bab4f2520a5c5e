import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFolder, start, type Run } from '../cli/run.ts';
import { flips } from '../sigstore/flips.ts';
import { hasCosign } from './cosign.ts';
import { GITHUB } from './issuer.ts';
import { newInstance, newLog } from './keys.ts';
import { identityOf, provenanceOf, sign, type Content, type EntryKind } from './sign.ts';
import { hasRekorV1, verdictOf, withServers, type Question } from './support.ts';

const TEAM = 'acme/widget';
const MESSAGE = Buffer.from('what was built');
const DIGEST = createHash('sha512').update(MESSAGE).digest('hex');

const STATEMENT: Content = { statement: provenanceOf('widget', '1.0.0', MESSAGE, TEAM) };
const ATTESTATION = ['verify-blob-attestation', '--type=slsaprovenance1', '--digestAlg=sha512', `--digest=${DIGEST}`];

/** What is signed, and how cosign is asked about it. */
type Signed = readonly [name: string, content: Content, ask: readonly string[], kind: EntryKind];
const SIGNED: readonly Signed[] = [
  ['a file', { message: MESSAGE }, ['verify-blob', 'artifact'], 'hashedrekord'],
  ['a statement', STATEMENT, ATTESTATION, 'hashedrekord'],
];
const IN_REKOR_V1: readonly Signed[] = hasRekorV1
  ? [['a statement, as dsse of Rekor v1', STATEMENT, ATTESTATION, 'dsse-v1']]
  : [];

/**
 * Fields of an entry that cosign and assay differ about. The first ones repeat what is signed: cosign goes by the
 * signed one alone, assay refuses an entry that contradicts itself. A time that no log signed decides nothing in
 * assay; cosign takes an entry with one for another version's.
 */
const DIFFERENCES = [
  'kindVersion.kind: cosign accepts, assay log-entry-mismatch',
  'kindVersion.version: cosign accepts, assay log-entry-mismatch',
  'integratedTime: cosign refuses, assay accepts',
  'inclusionProof.logIndex: cosign accepts, assay log-inclusion',
  'inclusionProof.rootHash: cosign accepts, assay log-checkpoint',
  'inclusionProof.treeSize: cosign accepts, assay log-checkpoint',
];

/** What cosign says of what `verdictOf` wrote into `folder`. */
function askCosign(folder: string, ask: readonly string[], by: string): Promise<Run> {
  const args = [
    ...ask,
    ...['--bundle=bundle.json', '--trusted-root=root.json', '--use-signed-timestamps'],
    ...[`--certificate-identity=${identityOf(by)}`, `--certificate-oidc-issuer=${GITHUB}`],
  ];
  return start('cosign', args, folder, { PATH: process.env['PATH'] ?? '', HOME: folder });
}

async function cosignAccepts(folder: string, ask: readonly string[], by: string): Promise<boolean> {
  return (await askCosign(folder, ask, by)).status === 0;
}

describe.skipIf(!hasCosign)('cosign', () => {
  withServers('comes to the same verdict', (town) => {
    it.each([...SIGNED, ...IN_REKOR_V1])(
      'of %s, under other trust and of other signers',
      async (_, content, ask, kind) => {
        await inFolder(async (folder) => {
          const root = town().trustedRoot;
          const bundle = await sign(town(), { content, by: TEAM, kind });
          const theirs = newInstance(folder, [newLog(folder, 'log1.town.test')]);
          const asked: Question = { bundle, artifact: MESSAGE, root, by: TEAM };
          const changes: readonly (readonly [name: string, change: Partial<Question>])[] = [
            ['nothing', {}],
            ['who', { by: 'acme/widge' }],
            ...(['tlogs', 'certificateAuthorities', 'ctlogs', 'timestampAuthorities'] as const).map(
              (part) => [part, { root: { ...root, [part]: theirs[part] } }] as const,
            ),
          ];
          for (const [name, change] of changes) {
            const question = { ...asked, ...change };
            const { refusal } = await verdictOf(folder, question);
            expect([name, await cosignAccepts(folder, ask, question.by)]).toEqual([name, refusal === null]);
          }
        });
      },
    );

    it.each(SIGNED)(
      'of %s with one bit changed, in each of its fields',
      async (_, content, ask) => {
        await inFolder(async (folder) => {
          writeFileSync(join(folder, 'artifact'), MESSAGE);
          const bundle = await sign(town(), { content, by: TEAM });
          const differences: string[] = [];
          for (const { path, bundle: changed } of flips(bundle, 1)) {
            const { refusal } = await verdictOf(folder, {
              bundle: changed,
              artifact: MESSAGE,
              root: town().trustedRoot,
              by: TEAM,
            });
            const accepts = await cosignAccepts(folder, ask, TEAM);
            if (accepts === (refusal === null)) continue;
            const field = path.replace('verificationMaterial.tlogEntries.0.', '').replace(' @0', '');
            differences.push(`${field}: cosign ${accepts ? 'accepts' : 'refuses'}, assay ${refusal ?? 'accepts'}`);
          }
          expect(differences).toEqual(DIFFERENCES);
        });
      },
      120_000,
    );

    it('of all but a statement that Rekor v2 has as dsse, whose bundle cosign takes for an older one', async () => {
      await inFolder(async (folder) => {
        const bundle = await sign(town(), { content: STATEMENT, by: TEAM, kind: 'dsse' });
        const asked = { bundle, artifact: MESSAGE, root: town().trustedRoot, by: TEAM };
        expect(await verdictOf(folder, asked)).toMatchObject({ status: 0, refusal: null });
        const { status, stderr } = await askCosign(folder, ATTESTATION, TEAM);
        expect([status, stderr]).toEqual([1, expect.stringContaining('--trusted-root only supported with')]);
      });
    });
  });
});
