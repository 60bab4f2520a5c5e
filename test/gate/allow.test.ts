import { describe, expect, it } from 'vitest';
import type { Lab } from '../../lab/index.ts';
import { allowanceOf } from '../../src/cli/gate/allow.ts';
import type { Io } from '../../src/cli/io.ts';
import { ask, withGate } from './npm-world.ts';

const output = { write: () => undefined, isTerminal: false, color: false, columns: 80, unicode: false };
const IO: Io = { cwd: '/', env: {}, stdout: output, stderr: output };
const SAID = { reason: 'its pipeline was down', by: 'A <a@example.org>' };

describe('--allow', () => {
  it('lets through what is named and was found, and nothing else', async () => {
    const allowance = await allowanceOf({ allow: ['p@1.2.0', 'npm:p@1.0.0', 'p@9.9.9'], ...SAID }, IO);
    if (allowance === null) throw new Error('nothing is allowed');
    const { allows } = allowance;
    const spoil = (lab: Lab): void =>
      lab.tamper('p', '1.0.0', (m) => ({ ...m, dist: { ...m.dist, integrity: `sha512-${'A'.repeat(86)}==` } }));
    await withGate(
      async (gate) => {
        expect(JSON.parse((await ask(gate, '/p')).text)).toMatchObject({ 'dist-tags': { latest: '1.2.0' } });
        expect((await ask(gate, '/p/-/p-1.2.0.tgz')).status).toBe(200);
        // A contradiction.
        expect((await ask(gate, '/p/-/p-1.0.0.tgz')).status).toBe(403);
      },
      { spoil, more: { allows } },
    );
    expect(allowance.unused().map(({ version }) => version)).toEqual(['1.0.0', '9.9.9']);
  });

  it('lets through no other version, and nothing that nobody answers for', async () => {
    const other = await allowanceOf({ allow: ['p@1.1.0'], ...SAID }, IO);
    await withGate(
      async (gate) => {
        expect((await ask(gate, '/p/-/p-1.2.0.tgz')).status).toBe(403);
        expect((await ask(gate, '/p/-/p-1.1.0.tgz')).status).toBe(403);
      },
      {
        spoil: (lab) => lab.behave(/attestations/, { status: 500 }),
        more: { allows: other?.allows ?? (() => false) },
      },
    );
  });

  it.each([
    [{ allow: ['axios'], ...SAID }, '--allow takes one version, such as axios@1.14.1, not axios'],
    [{ allow: ['axios@^1'], ...SAID }, '--allow takes one version, such as axios@1.14.1, not axios@^1'],
    [{ allow: ['axios@latest'], ...SAID }, '--allow takes one version, such as axios@1.14.1, not axios@latest'],
    [{ allow: ['a b@1.0.0'], ...SAID }, '--allow takes one version, such as axios@1.14.1, not a b@1.0.0'],
    [{ allow: ['axios@1.14.1'], by: 'A' }, '--allow needs --reason TEXT'],
    [{ reason: 'x' }, '--reason is for --allow NAME@VERSION'],
    [{ by: 'x' }, '--by is for --allow NAME@VERSION'],
  ])('is refused: %j', async (values, why) => {
    await expect(allowanceOf(values, IO)).rejects.toThrow(why);
  });

  it('is of no run where nobody says it', async () => {
    expect(await allowanceOf({}, IO)).toBeNull();
  });
});
