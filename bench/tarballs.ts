/**
 * Hashes the tarballs of a generated tree with `assay audit --tarballs`, all of them in npm's cache, beside the raw
 * speed of SHA-512 and of unpacking in the same run. The tree: versions with a registry signature, tarballs of a median
 * of 20 KB, log-normal, and some of 10 MB.
 */
import { createHash, hash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { startLab, token, type Lab } from '../lab/index.ts';
import { measure, type Measured } from './audit/measure.ts';

const CLI = join(import.meta.dirname, '../dist/cli.cjs');
const MEDIAN_BYTES = 20_000;
const LARGE_BYTES = 10_000_000;
const LARGE_EACH = 200;
const MOST_BYTES = 2_000_000;

interface Tree {
  readonly roots: Readonly<Record<string, string>>;
  readonly tarballs: readonly Buffer[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { packages: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '3' } },
  });
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  if (!existsSync(CLI)) throw new Error('run npm run build first');
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const lab = await startLab();
  try {
    const { roots, tarballs } = await publishTree(lab, Number(values.packages));
    await lab.writeProject(folder, roots);
    writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
    writeFileSync(join(folder, 'keys.json'), JSON.stringify(lab.keys));
    for (const tarball of tarballs) putIntoCache(join(folder, '.npm'), tarball);
    const megabytes = tarballs.reduce((sum, { length }) => sum + length, 0) / 1e6;
    print(`${tarballs.length} tarballs, ${megabytes.toFixed(0)} MB`);

    const run = (...args: string[]): Promise<Measured> => runAssay(folder, args);
    await run('update');
    await run('audit', '--tarballs');
    for (let round = 0; round < Number(values.rounds); round++) {
      const without = await run('audit', '--json');
      const raw = rawSpeeds(tarballs);
      const alone = `SHA-512 ${raw.sha512.toFixed(0)} MB/s, unpacking ${raw.gunzip.toFixed(0)} MB/s`;
      print(`round ${round + 1}: without ${shown(without)}; alone, on one thread: ${alone}`);
      for (const [name, args] of [
        ['first', ['--no-cache']],
        ['again', []],
      ] as const) {
        const hashed = await run('audit', '--tarballs', '--json', ...args);
        const { bytes } = JSON.parse(hashed.stdout) as { bytes: { tarballs: number; cached: number } };
        if (bytes.tarballs !== tarballs.length || bytes.cached !== tarballs.length)
          throw new Error('not all were hashed');
        const speed = (megabytes / (hashed.wallMs - without.wallMs)) * 1000;
        print(`  ${name}: ${shown(hashed)}; ${speed.toFixed(0)} MB/s beyond the run without`);
      }
    }
  } finally {
    await lab.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function shown({ wallMs, cpuMs, peakBytes }: Measured): string {
  return `${(wallMs / 1000).toFixed(2)} s, ${(cpuMs / 1000).toFixed(2)} s CPU, ${(peakBytes / 1e6).toFixed(0)} MB of memory`;
}

/** On one thread, over the same bytes: megabytes of tarballs in a second. */
function rawSpeeds(tarballs: readonly Buffer[]): { sha512: number; gunzip: number } {
  const whole = Buffer.concat(tarballs);
  const timed = (work: () => unknown): number => {
    const started = performance.now();
    work();
    return (performance.now() - started) / 1000;
  };
  const hashing = timed(() => hash('sha512', whole));
  const unpacking = timed(() => {
    for (const tarball of tarballs) gunzipSync(tarball);
  });
  const megabytes = whole.length / 1e6;
  return { sha512: megabytes / hashing, gunzip: megabytes / unpacking };
}

function runAssay(folder: string, args: readonly string[]): Promise<Measured> {
  const trust = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
  return measure(
    {
      command: process.execPath,
      args: [CLI, ...args, ...trust],
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    },
    folder,
  );
}

async function publishTree(lab: Lab, packages: number): Promise<Tree> {
  const random = newRandom();
  const text = wordsOf(TEXT_BYTES, random);
  const by = token({ user: 'ann' });
  const roots: Record<string, string> = {};
  const tarballs: Buffer[] = [];
  for (let i = 0; i < packages; i++) {
    const name = `package-${i}`;
    const size = i % LARGE_EACH === 1 ? LARGE_BYTES : Math.min(MOST_BYTES, sizeFrom(random));
    const { tarball } = await lab.publish({ name, version: '1.0.0', by, files: filesOf(size, text, random) });
    tarballs.push(tarball);
    roots[name] = '1.0.0';
  }
  return { roots, tarballs };
}

/** Log-normal, by Box and Muller. */
function sizeFrom(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.round(MEDIAN_BYTES * Math.exp(1.5 * normal));
}

/** Parts of a text that shrinks to about a quarter, as code does. `size` is that of the tarball. */
function filesOf(size: number, text: string, random: () => number): Record<string, string> {
  const files: Record<string, string> = {};
  let left = size * 4;
  for (let i = 0; left > 0; i++) {
    const length = Math.min(left, 60_000);
    const start = Math.floor(random() * (text.length - length));
    files[`lib/${i}.js`] = text.slice(start, start + length);
    left -= length;
  }
  return files;
}

const TEXT_BYTES = 4_000_000;

function wordsOf(length: number, random: () => number): string {
  const words: string[] = [];
  for (let size = 0; size < length;) {
    const word = WORDS[Math.floor(random() * WORDS.length)] ?? '';
    words.push(word);
    size += word.length + 1;
  }
  return words.join(' ').slice(0, length);
}

/** The same numbers in every run: xorshift of 32 bits (Marsaglia 2003). */
function newRandom(): () => number {
  let state = 2_463_534_242;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const WORDS = Array.from({ length: 256 }, (_, i) => `word${hash('sha1', String(i)).slice(0, i % 7)}`);

/** As npm does: the bytes by their hash (content-v2), and an entry that finds them (index-v5). */
function putIntoCache(cache: string, tarball: Buffer): void {
  const sha512 = createHash('sha512').update(tarball).digest();
  const hex = sha512.toString('hex');
  const content = join(cache, '_cacache/content-v2/sha512', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
  mkdirSync(dirname(content), { recursive: true });
  writeFileSync(content, tarball);
  const integrity = `sha512-${sha512.toString('base64')}`;
  const key = `pacote:tarball:${integrity}`;
  const entry = JSON.stringify({ key, integrity, time: 1, size: tarball.length });
  const bucket = hash('sha256', key);
  const index = join(cache, '_cacache/index-v5', bucket.slice(0, 2), bucket.slice(2, 4), bucket.slice(4));
  mkdirSync(dirname(index), { recursive: true });
  const before = existsSync(index) ? readFileSync(index, 'utf8') : '';
  writeFileSync(index, `${before}\n${hash('sha1', entry)}\t${entry}`);
}

await main();
