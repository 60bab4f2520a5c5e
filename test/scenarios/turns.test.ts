import { expect, it } from 'vitest';
import { auditIn, withLab } from './harness.ts';

it('lets others in while it audits what nobody has to be asked about', async () => {
  await withLab(async (lab) => {
    const resolved = `git+ssh://git@example.com/p.git#${'0'.repeat(40)}`;
    const names = Array.from({ length: 5000 }, (_, i) => `node_modules/p${i}`);
    const packages = Object.fromEntries(names.map((name) => [name, { version: '1.0.0', resolved }]));
    const lockfile = JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } });
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const { report } = await auditIn(lab, lockfile);
    clearImmediate(next);
    expect(report.dependencies).toHaveLength(5000);
    expect(turns).toBeGreaterThan(1);
  });
});
