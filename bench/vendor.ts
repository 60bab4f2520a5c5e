/**
 * Holds a generated vendor folder to the zips of its modules, beside the raw speed of SHA-256 over the same bytes in
 * memory. Files are Go sources of a median of 8 KB, log-normal, as many in each module as in the next.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCopy } from '../src/installed/copy.ts';
import { readModulesTxt } from '../src/lockfiles/go/modules-txt.ts';
import { compareVendor, vendorContents, type ComparedFile } from '../src/lockfiles/go/vendored.ts';
import { digestOf } from '../src/readers/digest.ts';

const MEDIAN_BYTES = 8_000;
const MOST_BYTES = 1_000_000;

async function main(): Promise<void> {
  const options = { modules: { type: 'string', default: '200' }, files: { type: 'string', default: '40' } } as const;
  const { values } = parseArgs({ options: { ...options, rounds: { type: 'string', default: '3' } } });
  const root = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  try {
    const modules = new Map<string, Map<string, ComparedFile>>();
    const all: Buffer[] = [];
    for (let i = 0; i < Number(values.modules); i++) {
      const path = `example.com/m${i}`;
      mkdirSync(join(root, 'vendor', path), { recursive: true });
      const files = new Map<string, ComparedFile>();
      for (let j = 0; j < Number(values.files); j++) {
        const content = sourceOf(i * Number(values.files) + j);
        writeFileSync(join(root, 'vendor', path, `f${j}.go`), content);
        files.set(`f${j}.go`, { size: content.length, digest: digestOf(content), marks: null });
        all.push(content);
      }
      modules.set(path, files);
    }
    const txt = readModulesTxt('modules.txt', [...modules.keys()].map((one) => `# ${one} v1.0.0\n${one}\n`).join(''));
    const megabytes = all.reduce((sum, { length }) => sum + length, 0) / 1e6;
    process.stdout.write(`${all.length} files, ${megabytes.toFixed(0)} MB\n`);
    for (let round = 0; round < Number(values.rounds); round++) {
      const plain = await speedOf(megabytes, () => {
        for (const one of all) createHash('sha256').update(one).digest('hex');
      });
      const held = await speedOf(megabytes, async () => {
        const contents = vendorContents(txt, ({ path }) => modules.get(path) ?? null);
        const sizesOf = (path: string): readonly number[] => (contents.get(path) ?? []).map(({ size }) => size);
        const { files } = await readCopy(root, 'vendor', { sizesOf, isPart: () => true });
        if (files?.size !== all.length) throw new Error('not all were read');
        if (compareVendor(txt, contents, files, new Set()).differences.length > 0) throw new Error('some differ');
      });
      process.stdout.write(
        `round ${round + 1}: vendor/ ${held.toFixed(0)} MB/s, SHA-256 alone ${plain.toFixed(0)} MB/s\n`,
      );
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Bytes that are others in each file, of a length that is the same in each run. */
function sourceOf(seed: number): Buffer {
  const digest = createHash('sha256').update(String(seed)).digest();
  const [u, v] = [(digest.readUInt32LE(0) + 1) / 2 ** 32, digest.readUInt32LE(4) / 2 ** 32];
  const normal = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  const length = Math.min(MOST_BYTES, Math.round(MEDIAN_BYTES * Math.exp(normal)));
  return Buffer.alloc(Math.max(length, 1), `package m // ${digest.toString('hex')}\n`);
}

async function speedOf(megabytes: number, work: () => void | Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (megabytes / (performance.now() - started)) * 1000;
}

await main();
