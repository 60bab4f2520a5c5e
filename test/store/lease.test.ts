import { readdirSync, readFileSync, readlinkSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { takeLease, type Lease } from '../../src/store/lease.ts';
import { inFolder } from '../cli/run.ts';

const TIMES = { beatMs: 20, lostMs: 300 };

const take = async (folder: string, onWait: (holder: string) => void = () => undefined): Promise<Lease | string> => {
  const lease = await takeLease(folder, onWait, TIMES);
  if (typeof lease !== 'string') onTestFinished(() => lease.end());
  return lease;
};

async function taken(folder: string, onWait?: (holder: string) => void): Promise<Lease> {
  const lease = await take(folder, onWait);
  if (typeof lease === 'string') throw new Error(`${lease} has it`);
  return lease;
}

const contentOf = (folder: string): string[] =>
  readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));

/** What a run of another container left: its ids are of no process here. */
const STRANGER = `5d1f 1 4711 other-boot/pid:[4026531836] web-1`;

/** One that shows signs of life, by another program; ended with the test. */
function alive(folder: string): void {
  const path = join(folder, 'lock.1');
  let beats = 0;
  const write = (): void => writeFileSync(path, `${STRANGER} ${(beats += 1)}\n`);
  write();
  const timer = setInterval(write, TIMES.beatMs);
  onTestFinished(() => clearInterval(timer));
}

describe('the lease of a folder', () => {
  it('is of one run at a time, and of the next one when that ends', async () => {
    await inFolder(async (folder) => {
      const first = await taken(folder);
      expect(await take(folder)).toMatch(new RegExp(`^process ${process.pid} on \\S+$`));
      expect(first.isHeld()).toBe(true);
      first.end();
      expect([first.isHeld(), contentOf(folder)[0]?.startsWith('free\n')]).toEqual([false, true]);
      const second = await taken(folder);
      expect([first.isHeld(), second.isHeld(), readdirSync(folder)]).toEqual([false, true, ['lock.2']]);
      // Who ended already takes nothing away.
      first.end();
      expect(second.isHeld()).toBe(true);
    });
  });

  it('is of whoever shows signs of life, whatever process ids and clocks say', async () => {
    await inFolder(async (folder) => {
      alive(folder);
      utimesSync(join(folder, 'lock.1'), 1000, 1000);
      expect(await take(folder)).toBe('process 1 on web-1');
      expect(readdirSync(folder)).toEqual(['lock.1']);
    });
  });

  it.each([
    ['of another container', `${STRANGER} 7\n`],
    ['without a process id', '5d1f - - - - 0\n'],
    ['that was cut short', ''],
    ['that is something else', '\u0000'.repeat(100)],
  ])('is free after a while without signs of life: one %s', async (_, text) => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'lock.7'), text);
      const told: string[] = [];
      const began = performance.now();
      const all = await Promise.all(Array.from({ length: 5 }, () => take(folder, (holder) => told.push(holder))));
      expect(performance.now() - began).toBeGreaterThan(TIMES.lostMs);
      expect(all.filter((one) => typeof one !== 'string')).toHaveLength(1);
      expect([told.length, readdirSync(folder)]).toEqual([5, ['lock.8']]);
    });
  });

  it('is nobody’s where somebody made the file behind which there is no number', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, `lock.${'9'.repeat(15)}`), 'free\n');
      expect(await take(folder)).toBe('process ? on ?');
      // What no lease would make is passed over.
      rmSync(join(folder, `lock.${'9'.repeat(15)}`));
      for (const name of ['lock.0', 'lock.01', 'lock.-1', `lock.1${'0'.repeat(15)}`])
        writeFileSync(join(folder, name), '');
      expect((await taken(folder)).isHeld()).toBe(true);
    });
  });

  it.skipIf(process.platform !== 'linux')('is free at once where its process is no more, or is another', async () => {
    const space = `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}/${readlinkSync('/proc/self/ns/pid')}`;
    for (const left of [`x ${2 ** 22 + 1} 1 ${space} h 3\n`, `x ${process.ppid} 1 ${space} h 3\n`]) {
      await inFolder(async (folder) => {
        writeFileSync(join(folder, 'lock.3'), left);
        const lease = await takeLease(folder, () => undefined);
        if (typeof lease === 'string') throw new Error(lease);
        lease.end();
        expect(readdirSync(folder)).toEqual(['lock.4']);
      });
    }
  });

  it('is lost to another run, or with its folder, and then nothing is written there', async () => {
    await inFolder(async (folder) => {
      const lease = await taken(folder);
      writeFileSync(join(folder, 'lock.2'), `${STRANGER} 0\n`);
      expect(lease.isHeld()).toBe(false);
      rmSync(join(folder, 'lock.1'));
      await new Promise((resolve) => setTimeout(resolve, 3 * TIMES.beatMs));
      lease.end();
      expect(contentOf(folder)).toEqual([`${STRANGER} 0\n`]);
      // The same number, as in a folder that was made anew.
      rmSync(join(folder, 'lock.2'));
      const other = await taken(folder);
      writeFileSync(join(folder, 'lock.1'), `${STRANGER} 0\n`);
      expect(other.isHeld()).toBe(false);
      other.end();
      expect(contentOf(folder)).toEqual([`${STRANGER} 0\n`]);
    });
  });
});
