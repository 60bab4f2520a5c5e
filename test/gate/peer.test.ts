import { describe, expect, it } from 'vitest';
import { openGate } from '../../src/gate/index.ts';
import { userIn } from '../../src/gate/peer.ts';
import { withLab } from '../support/lab.ts';
import { ask, askedOf, TEAM } from './npm-world.ts';

const row = (local: string, remote: string, state: string, user: number): string =>
  `   1: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${String(user).padStart(4)}        0 1547 1 0\n`;

describe('who asks a gate', () => {
  it.skipIf(process.platform !== 'linux')('is the user who started it, and nobody else', async () => {
    await withLab(async (lab) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
      const own = process.getuid?.() ?? 0;
      for (const [user, status] of [
        [own, 200],
        [own + 1, 403],
      ] as const) {
        const opening = { ask: () => Promise.resolve(askedOf(lab, 'guard')), decidedBy: '', port: 0 };
        const gate = await openGate({ ...opening, user });
        for (const path of ['/p', '/p/-/p-1.0.0.tgz', '/-/npm/v1/keys']) {
          expect((await ask(gate, path)).status).toBe(status);
        }
        await gate.close();
      }
    });
  });

  it.each([
    ['of IPv4', row('0100007F:84D4', '0100007F:130A', '01', 1000), 1000],
    ['of another address of this machine', row('0200007F:84D4', '0100007F:130A', '01', 7), 7],
    [
      'of IPv4 in the table of IPv6',
      row('0000000000000000FFFF00000100007F:84D4', '0000000000000000FFFF00000100007F:130A', '01', 5),
      5,
    ],
    ['of IPv6', row('00000000000000000000000001000000:84D4', '00000000000000000000000001000000:130A', '01', 6), 6],
    ['half closed', row('0100007F:84D4', '0100007F:130A', '05', 8), 8],
    ['over, which no user has', row('0100007F:84D4', '0100007F:130A', '06', 0), null],
    ['the other way round', row('0100007F:130A', '0100007F:84D4', '01', 0), null],
    ['to another port', row('0100007F:84D4', '0100007F:130B', '01', 0), null],
    ['to another machine', row('0A00000A:84D4', '0B00000A:130A', '01', 0), null],
    ['of nobody', 'sl local_address\n', null],
  ])('is read of a connection %s', (_, table, user) => {
    expect(userIn(`  sl  local_address rem_address   st\n${table}`, 0x84d4, 4874)).toBe(user);
  });
});
