import { createPublicKey, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import type { BundleJson } from '../../lab/sigstore/bundle.ts';
import { inFolder } from '../cli/run.ts';
import { replaceAt } from '../sigstore/support.ts';
import { sign } from './sign.ts';
import { verdictOf, withServers } from './support.ts';

const TEAM = 'acme/widget';
const MESSAGE = Buffer.from('what was built');
const ENVELOPE = ['verificationMaterial', 'tlogEntries', 0, 'inclusionProof', 'checkpoint', 'envelope'];
/** What precedes the signature in a signature's line: an em dash, the name, and in base64 the key's id. */
const SIGNATURE_LINE = /^— (\S+) (\S+)$/;

withServers('a log whose checkpoints a witness cosigns', (town) => {
  const signed = (): Promise<BundleJson> => sign(town(), { content: { message: MESSAGE }, by: TEAM });
  const checkpointOf = (bundle: BundleJson): readonly [text: string, lines: readonly string[]] => {
    const note = bundle.verificationMaterial.tlogEntries[0]?.inclusionProof?.checkpoint.envelope ?? '';
    const [text = '', signatures = ''] = note.split('\n\n');
    return [`${text}\n`, signatures.trimEnd().split('\n')];
  };

  it('has its cosignature, at the time it was given, in the bundle', async () => {
    const before = Math.floor(Date.now() / 1000);
    const [text, lines] = checkpointOf(await signed());
    expect(lines.map((line) => SIGNATURE_LINE.exec(line)?.[1])).toEqual([town().origins.rekor, town().witness.name]);
    // C2SP tlog-cosignature: the key's id, the time in seconds, and the signature over both and the checkpoint's text.
    const bytes = Buffer.from(SIGNATURE_LINE.exec(lines[1] ?? '')?.[2] ?? '', 'base64');
    const time = bytes.readBigUInt64BE(4);
    expect(Number(time)).toBeGreaterThanOrEqual(before);
    expect(Number(time)).toBeLessThanOrEqual(Date.now() / 1000);
    const key = createPublicKey({ key: Buffer.from(town().witness.spki, 'base64'), type: 'spki', format: 'der' });
    const message = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
    expect(verify(null, message, key, bytes.subarray(12))).toBe(true);
  });

  it("holds by the log's own signature, whatever else is there", async () => {
    await inFolder(async (folder) => {
      const bundle = await signed();
      const [text, [own = '', cosignature = '']] = checkpointOf(bundle);
      const forged = cosignature.replace(/..==$/, (end) => (end === 'AA==' ? 'Ag==' : 'AA=='));
      for (const [lines, refusal] of [
        [[own, cosignature], null],
        [[own], null],
        [[cosignature, own], null],
        [[own, forged], null],
        [[cosignature], 'log-checkpoint'],
        [[], 'log-checkpoint'],
      ] as const) {
        const note = `${text}\n${lines.map((line) => `${line}\n`).join('')}`;
        const verdict = await verdictOf(folder, {
          bundle: replaceAt(bundle, ENVELOPE, () => note),
          artifact: MESSAGE,
          root: town().trustedRoot,
          by: TEAM,
        });
        expect([lines.length, verdict.refusal]).toEqual([lines.length, refusal]);
      }
    });
  });
});
