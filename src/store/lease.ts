import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onDeath } from './death.ts';

/** The use of a folder by one run at a time. It ends by itself where the run no longer renews it. */
export interface Lease {
  /** Whether no other run has taken the folder over, as from one that was stopped for a while. */
  readonly isHeld: () => boolean;
  readonly end: () => void;
}

export interface LeaseTimes {
  /** Between two signs of life. */
  readonly beatMs: number;
  /** A run that gave none for so long is no more. */
  readonly lostMs: number;
}

const TIMES: LeaseTimes = { beatMs: 2000, lostMs: 30_000 };
const POLL_MS = 100;
/** Of a file that somebody else made: there is no number after it. */
const LAST = 999_999_999_999_999;
/** What a run leaves that ended. Its file stays: a number is never given twice. */
const FREE = 'free\n';

/**
 * Takes the folder, or returns who uses it. A run is seen by its signs of life and by no clock: a process id says
 * nothing in another container, and nothing once another program has it. `onWait` is called where it takes a while to
 * see whether there are any.
 *
 * Each holder has a file of its own, made by it alone, with a number above those before it: whoever has the highest
 * holds the lease. So two that find one abandoned cannot both take it. Throws Node's errors.
 */
export async function takeLease(
  folder: string,
  onWait: (holder: string) => void,
  { beatMs, lostMs }: LeaseTimes = TIMES,
): Promise<Lease | string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let seen: Mark | null = null;
  let since = 0;
  let isTold = false;
  for (;;) {
    const top = highest(folder);
    if (top !== null && top.number >= LAST) return holderOf(top.text);
    if (top === null || top.text.startsWith(FREE) || isDead(top.text)) {
      const lease = claim(folder, (top?.number ?? 0) + 1, beatMs);
      if (lease !== null) return lease;
      continue;
    }
    if (seen === null) since = performance.now();
    else if (top.number !== seen.number || top.text !== seen.text) return holderOf(top.text);
    seen = top;
    const silent = performance.now() - since;
    if (silent > lostMs) {
      const lease = claim(folder, top.number + 1, beatMs);
      if (lease !== null) return lease;
      seen = null;
      continue;
    }
    if (silent > 2 * beatMs && !isTold) {
      isTold = true;
      onWait(holderOf(top.text));
    }
    await wait(Math.min(POLL_MS, beatMs));
  }
}

interface Mark {
  readonly number: number;
  readonly text: string;
}

const pathOf = (folder: string, number: number): string => join(folder, `lock.${number}`);

function numbersIn(folder: string): readonly number[] {
  return readdirSync(folder).flatMap((name) => {
    const [, digits] = /^lock\.([1-9]\d{0,14})$/.exec(name) ?? [];
    return digits === undefined ? [] : [Number(digits)];
  });
}

/** Read anew each time: file systems of a network answer from memory what a file's times are. */
function highest(folder: string): Mark | null {
  const number = Math.max(0, ...numbersIn(folder));
  if (number === 0) return null;
  try {
    return { number, text: readFileSync(pathOf(folder, number), 'utf8') };
  } catch (error) {
    // It was taken away since.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { number, text: '' };
    throw error;
  }
}

/** Null where another run was faster. */
function claim(folder: string, number: number, beatMs: number): Lease | null {
  const path = pathOf(folder, number);
  const own = `${randomUUID()} ${process.pid} ${birthOf('self') ?? '-'} ${spaceOf() ?? '-'} ${hostname()}`;
  try {
    writeFileSync(path, `${own} 0\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw Object.assign(error as Error, { path });
  }
  const isHeld = (): boolean => {
    const top = attempt(() => highest(folder));
    return top?.number === number && top.text.startsWith(`${own} `);
  };
  if (!isHeld()) {
    rmSync(path, { force: true });
    return null;
  }
  for (const older of numbersIn(folder)) if (older < number) rmSync(pathOf(folder, older), { force: true });
  // Over what is there, and never anew: a file that is empty for a moment would say something else.
  const write = (text: string): void => {
    if (isHeld()) attempt(() => writeFileSync(path, text, { flag: 'r+' }));
  };
  let beats = 0;
  const timer = setInterval(() => write(`${own} ${(beats += 1)}\n`), beatMs);
  timer.unref();
  const free = (): void => {
    clearInterval(timer);
    write(FREE);
  };
  const forget = onDeath(free);
  return {
    isHeld,
    end: () => {
      forget();
      free();
    },
  };
}

function holderOf(text: string): string {
  const [, pid = '?', , , host = '?'] = text.slice(0, 1000).trim().split(' ');
  return `process ${pid} on ${host}`;
}

/** Whether who wrote this is no more, for certain: it ran beside this process, under an id that none or another has. */
function isDead(text: string): boolean {
  const [, pid = '', birth = '-', space = '-'] = text.trim().split(' ');
  if (space === '-' || space !== spaceOf() || !/^[1-9]\d{0,9}$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  const now = birthOf(pid);
  return now !== null && birth !== '-' && now !== birth;
}

/** When a process began, in ticks since the machine did (proc_pid_stat(5), field 22); null where nobody says. */
function birthOf(pid: string): string | null {
  // The name of the program, which ends with the last parenthesis, may have anything in it.
  const fields = attempt(() =>
    readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' '),
  );
  return fields?.[19] ?? null;
}

/** Where process ids mean the same: a boot of the machine and a namespace (pid_namespaces(7)). Linux alone says. */
function spaceOf(): string | null {
  return attempt(() => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  });
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
