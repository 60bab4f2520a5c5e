import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import { renderJson } from '../../src/report/json/report.ts';
import { newStore } from '../support/store.ts';
import { auditIn, withLab, type Outcome } from './harness.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });
const MINUTE = 60_000;

async function publishTwo(lab: Lab): Promise<string> {
  await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
  lab.clock.advance(86_400_000);
  await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
  await lab.publish({ name: 'q', version: '1.0.0', by: token({ user: 'ann' }) });
  return lab.lockfile({ p: '1.0.1', q: '1.0.0' });
}

/** Runs `work` and returns what it came to with the number of requests it made. */
async function counted(lab: Lab, work: () => Promise<Outcome>): Promise<{ outcome: Outcome; requests: number }> {
  const before = lab.requests.length;
  const outcome = await work();
  return { outcome, requests: lab.requests.length - before };
}

describe('what an earlier run established', () => {
  it('is not asked for again while the document is fresh, and the report is the same', async () => {
    await withLab(async (lab) => {
      const lockfile = await publishTwo(lab);
      const store = newStore();
      const now = Date.now();
      const first = await auditIn(lab, lockfile, { store, now });
      expect(first.report.counts).toMatchObject({ signature: 2, provenance: 1 });
      expect(store.entries.size).toBe(2);
      const second = await counted(lab, () => auditIn(lab, lockfile, { store, now }));
      expect(second.requests).toBe(0);
      expect(renderJson(second.outcome.report)).toBe(renderJson(first.report));
    });
  });

  it('is asked about by its entity tag afterwards, and no more', async () => {
    await withLab(async (lab) => {
      const lockfile = await publishTwo(lab);
      const store = newStore();
      const now = Date.now();
      const first = await auditIn(lab, lockfile, { store, now });
      const later = now + 10 * MINUTE;
      const second = await counted(lab, () => auditIn(lab, lockfile, { store, now: later }));
      expect(second.requests).toBe(2);
      expect(renderJson(second.outcome.report)).toBe(renderJson(first.report));
      // The answer made it fresh again.
      expect((await counted(lab, () => auditIn(lab, lockfile, { store, now: later }))).requests).toBe(0);
    });
  });

  it('is established anew where the document changed', async () => {
    await withLab(async (lab) => {
      const lockfile = await publishTwo(lab);
      const store = newStore();
      const now = Date.now();
      await auditIn(lab, lockfile, { store, now });
      lab.tamperPackument('q', (document) => ({
        ...document,
        versions: Object.fromEntries(
          Object.entries(document.versions).map(([version, manifest]) => [
            version,
            { ...manifest, dist: { ...manifest.dist, signatures: [{ keyid: 'SHA256:other', sig: 'AAAA' }] } },
          ]),
        ),
      }));
      const second = await auditIn(lab, lockfile, { store, now: now + 10 * MINUTE });
      expect(second.findings).toContain('q@1.0.0 signature-key-unknown');
    });
  });

  it('is not used with --reverify, and renewed by it', async () => {
    await withLab(async (lab) => {
      const lockfile = await publishTwo(lab);
      const store = newStore();
      const now = Date.now();
      await auditIn(lab, lockfile, { store, now });
      const again = await counted(lab, () => auditIn(lab, lockfile, { store, now, reverify: true }));
      expect(again.requests).toBeGreaterThan(2);
    });
  });

  it('says nothing about another hash, another root, other keys or another version', async () => {
    await withLab(async (lab) => {
      const lockfile = await publishTwo(lab);
      const store = newStore();
      const now = Date.now();
      await auditIn(lab, lockfile, { store, now });
      const other = lockfile.replace(/"integrity": "sha512-[^"]{4}/g, '"integrity": "sha512-AAAA');
      expect((await auditIn(lab, other, { store, now })).findings).toEqual(
        expect.arrayContaining(['p@1.0.1 integrity-mismatch', 'q@1.0.0 integrity-mismatch']),
      );
      const noKeys = await auditIn(lab, lockfile, { store, now, keys: { keys: [] } });
      expect(noKeys.report.trust.registries[0]?.keys.map(({ origin }) => origin)).toEqual(['registry']);
      const { requests } = await counted(lab, () => auditIn(lab, lab.lockfile({ p: '1.0.0' }), { store, now }));
      expect(requests).toBeGreaterThan(0);
    });
  });

  it('is kept only where everything was answered and nothing contradicted', async () => {
    await withLab(async (lab) => {
      const lockfile = await publishTwo(lab);
      const store = newStore();
      const now = Date.now();
      lab.behave(/attestations/, { status: 500 });
      expect((await auditIn(lab, lockfile, { store, now })).status).toBe(3);
      expect(store.entries.size).toBe(1);
      lab.behaveWell();
      const other = lockfile.replace(/"integrity": "sha512-[^"]{4}/g, '"integrity": "sha512-AAAA');
      expect((await auditIn(lab, other, { store, now })).status).toBe(1);
      expect(store.entries.size).toBe(1);
      expect((await auditIn(lab, lockfile, { store, now })).status).toBe(0);
    });
  });

  it('is not kept where the registry vouches for itself', async () => {
    await withLab(async (lab) => {
      const lockfile = await publishTwo(lab);
      const store = newStore();
      await auditIn(lab, lockfile, { store, now: Date.now(), keys: { keys: [] } });
      expect(store.entries.size).toBe(0);
    });
  });
});
