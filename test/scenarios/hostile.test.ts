import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { auditIn, withLab } from './harness.ts';

const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });

describe('what a registry signs can stop only what it is about', () => {
  it('a publish predicate that is not text where text is expected', async () => {
    await withLab(async (lab) => {
      const name = { toString: 1, valueOf: 1 };
      const publishAttestation = { predicate: () => ({ name, version: [] }) };
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM, publishAttestation });
      await lab.publish({ name: 'q', version: '1.0.0', by: TEAM });
      const { status, findings, report } = await auditIn(lab, lab.lockfile({ p: '1.0.0', q: '1.0.0' }));
      expect({ status, findings }).toEqual({ status: 1, findings: ['p@1.0.0 provenance-subject-mismatch'] });
      expect(report.counts).toMatchObject({ pass: 1, fail: 1 });
    });
  });
});
