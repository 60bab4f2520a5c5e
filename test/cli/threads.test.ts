import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, type AttestationsJson, type Lab } from '../../lab/index.ts';
import { bundlesOf, verifyAttestation } from '../../src/checks/attestations.ts';
import { verifiersUnder } from '../../src/checks/verifiers.ts';
import { parseKeysDocument } from '../../src/registries/npm/keys.ts';
import { STRICT } from '../../src/model/trust.ts';
import type { Instance } from '../../src/sigstore/instance.ts';
import { parseTrustedRoot } from '../../src/sigstore/trusted-root.ts';
import type { PlainInstance } from '../../src/audit/threads/messages.ts';
import { openVerifyingThread } from '../../src/audit/threads/verifying.ts';
import { withLab } from '../support/lab.ts';
import { assayHere } from './in-process.ts';
import { newWitness } from '../support/witness.ts';
import { withProject } from './lab-project.ts';
import { assay, CLI } from './run.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });
const { version: VERSION } = JSON.parse(readFileSync(join(dirname(CLI), '../package.json'), 'utf8')) as {
  version: string;
};
const SCRIPT = join(dirname(CLI), 'thread.js');

/** Another last letter in the signature of the first attestation's envelope. */
function withOtherSignature(document: AttestationsJson): AttestationsJson {
  const text = JSON.stringify(document);
  return JSON.parse(text.replace(/"sig":"(.)(.)/, (_, a: string, b: string) => `"sig":"${b}${a}`)) as AttestationsJson;
}

const plain = (lab: Lab, witnesses: string | null = null): PlainInstance => {
  return { name: 'lab', thresholds: STRICT, digest: '', root: lab.trustedRoot, witnesses };
};

function labInstance(lab: Lab): Instance {
  const root = parseTrustedRoot(lab.trustedRoot);
  return { ...plain(lab), root: () => root, witnesses: null };
}

describe('the verifying thread', () => {
  it('comes to what this thread comes to, good and bad', async () => {
    await withLab(async (lab) => {
      const { attestations } = await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      if (attestations === null) throw new Error('nothing was attested');
      const keys = parseKeysDocument(lab.tufKeys, 'configured');
      const now = lab.clock.now();
      const good = bundlesOf(attestations.attestations);
      const witness = newWitness('w.test');
      const demand = `witness w ${witness.vkey()}\nquorum w\n`;
      const witnessed = openVerifyingThread({ instances: [plain(lab, demand)], now }, SCRIPT);
      expect(await witnessed.verify(good, keys, null)).toMatchObject(good.map(() => ({ reason: 'log-witnesses' })));
      witnessed.close();
      const bad = bundlesOf(withOtherSignature(attestations).attestations);
      const bundles = [...good, ...bad, null, 'text', { mediaType: 1 }];
      const verifier = verifiersUnder([labInstance(lab)])(keys, null);
      const here = bundles.map((bundle) => verifyAttestation(bundle, verifier, now));

      const thread = openVerifyingThread({ instances: [plain(lab)], now }, SCRIPT);
      const there = await thread.verify(bundles, keys, null);
      expect(there).toEqual(here);
      expect(there?.map(({ ok }) => ok)).toEqual([true, true, false, true, false, false, false]);
      // Without the registry's keys its attestation does not hold.
      expect((await thread.verify(bundles, [], null))?.filter(({ ok }) => ok)).toHaveLength(2);
      thread.close();
    });
  });

  it('leaves it to others when it has ended, or never began', async () => {
    await withLab(async (lab) => {
      const settings = { instances: [plain(lab)], now: lab.clock.now() };
      const closed = openVerifyingThread(settings, SCRIPT);
      const asked = closed.verify([{}], [], null);
      closed.close();
      expect(await asked).toBeNull();
      expect(await closed.verify([{}], [], null)).toBeNull();
      for (const broken of [
        { ...settings, instances: [{ ...plain(lab), root: {} }] },
        { ...settings, instances: [] },
        settings,
      ]) {
        const script = broken === settings ? join(dirname(SCRIPT), 'none.cjs') : SCRIPT;
        expect(await openVerifyingThread(broken, script).verify([{}], [], null)).toBeNull();
      }
    });
  });

  it('changes nothing in what a large audit says', async () => {
    await withProject(async ({ lab, folder, lock }) => {
      const names = Array.from({ length: 80 }, (_, i) => `p${String(i)}`);
      for (const name of names) await lab.publish({ name, version: '1.0.0', by: TEAM });
      await lock(Object.fromEntries(names.map((name) => [name, '1.0.0'])));
      for (const name of ['p3', 'p77']) lab.tamperAttestations(name, '1.0.0', withOtherSignature);
      const trust = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
      const beside = await assay(['--json', ...trust], folder);
      // Run from its source there is no script for a thread.
      const alone = await assayHere(['--json', '--no-cache', ...trust], folder);
      expect(beside.status).toBe(1);
      expect(beside.stdout).toBe(alone.stdout.replace('"development"', JSON.stringify(VERSION)));
      const { findings } = JSON.parse(beside.stdout) as { findings: { name: string; code: string }[] };
      expect(findings.map(({ name, code }) => `${name} ${code}`).sort()).toEqual([
        'p3 provenance-invalid',
        'p77 provenance-invalid',
      ]);
    });
  });
});
