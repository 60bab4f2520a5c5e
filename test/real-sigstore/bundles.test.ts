import { expect, it } from 'vitest';
import type { TrustedRootJson } from '../../lab/sigstore/index.ts';
import { inFolder } from '../cli/run.ts';
import { flips } from '../sigstore/flips.ts';
import { newInstance, newLog } from './keys.ts';
import { provenanceOf, sign, type SignRequest } from './sign.ts';
import { entryOf, hasRekorV1, type Question, verdictOf, withServers } from './support.ts';

const TEAM = 'acme/widget';
const MESSAGE = Buffer.from('what was built');
const STATEMENT = provenanceOf('widget', '1.0.0', MESSAGE, TEAM);

/** What is signed, what its entry is, and how many changes of each field are tried. */
const ALL: readonly (readonly [name: string, entry: string, request: SignRequest])[] = [
  ['a file, as hashedrekord', 'hashedrekord 0.0.2', { content: { message: MESSAGE }, by: TEAM }],
  ['a statement, as hashedrekord', 'hashedrekord 0.0.2', { content: { statement: STATEMENT }, by: TEAM }],
  ['a statement, as dsse', 'dsse 0.0.2', { content: { statement: STATEMENT }, by: TEAM, kind: 'dsse' }],
  ['a statement, in Rekor v1', 'dsse 0.0.1', { content: { statement: STATEMENT }, by: TEAM, kind: 'dsse-v1' }],
];
const SIGNED = ALL.filter(([, , { kind }]) => kind !== 'dsse-v1' || hasRekorV1);
const CHANGES_PER_FIELD = 4;
withServers('bundles that real servers gave', (town) => {
  it.each(SIGNED)('%s holds, and nothing else does', async (_, entry, request) => {
    await inFolder(async (folder) => {
      const bundle = await sign(town(), request);
      expect(entryOf(bundle)).toBe(entry);
      const asked = { bundle, artifact: MESSAGE, root: town().trustedRoot, by: TEAM };
      expect(await verdictOf(folder, asked)).toMatchObject({ status: 0, refusal: null });
      const { timestampVerificationData, ...material } = bundle.verificationMaterial;
      expect(timestampVerificationData?.rfc3161Timestamps).toHaveLength(1);
      const timeless = { ...bundle, verificationMaterial: { ...material, timestampVerificationData: null } };
      const unlogged = { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: [] } };
      // Of the same shape, and by others.
      const theirs = newInstance(folder, [newLog(folder, 'log1.town.test')]);
      const under = (part: keyof TrustedRootJson): Pick<Question, 'root'> => ({
        root: { ...asked.root, [part]: theirs[part] },
      });
      const wrong: readonly (readonly [refusal: string, change: Partial<Question>])[] = [
        ['artifact-mismatch', { artifact: Buffer.from('something else') }],
        ['certificate-identity', { by: 'acme/widge' }],
        ['log-unknown', under('tlogs')],
        ['certificate-chain', under('certificateAuthorities')],
        ['sct', under('ctlogs')],
        ['timestamp', under('timestampAuthorities')],
        // Rekor v1 signs a time itself.
        ...(request.kind === 'dsse-v1' ? [] : [['time-missing', { bundle: timeless }] as const]),
        ['log-missing', { bundle: unlogged }],
      ];
      for (const [refusal, change] of wrong) {
        expect(await verdictOf(folder, { ...asked, ...change })).toMatchObject({ status: 1, refusal });
      }
    });
  });

  it.each(SIGNED)('%s is refused with one bit changed, in each of its fields', async (_, entry, request) => {
    await inFolder(async (folder) => {
      const bundle = await sign(town(), request);
      const asked = { artifact: MESSAGE, root: town().trustedRoot, by: TEAM };
      const { proof } = await verdictOf(folder, { ...asked, bundle });
      let refused = 0;
      for (const { path, reasons, inert, bundle: changed } of flips(bundle, CHANGES_PER_FIELD)) {
        const verdict = await verdictOf(folder, { ...asked, bundle: changed });
        if (verdict.refusal === null) {
          // Rekor v2 writes a time of zero, which nothing signs and nobody reads.
          expect(inert || path.includes('integratedTime'), `${entry}: ${path} was accepted`).toBe(true);
          expect(verdict.proof, path).toEqual(proof);
        } else {
          expect(reasons, `${entry}: ${path}`).toContain(verdict.refusal);
          expect(verdict.status).toBe(1);
          refused += 1;
        }
      }
      expect(refused).toBeGreaterThan(30);
    });
  });
});
