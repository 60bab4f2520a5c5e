import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { measure } from '../../bench/audit/measure.ts';
import { token } from '../../lab/index.ts';
import { withProject, type AuditJson, type LabProject } from './lab-project.ts';
import { CLI, NO_NETWORK } from './run.ts';

const MB = 1024 * 1024;
/** What a run may take for one large tarball beyond what it takes for a small one. */
const MORE = 90 * MB;

/** A tarball with a package.json and one large file. */
function large(content: Buffer, level: number): Buffer {
  const members = [
    ['package/package.json', Buffer.from('{"name":"p","version":"1.0.0"}')],
    ['package/data.bin', content],
  ] as const;
  const parts = members.flatMap(([path, bytes]) => [
    header(path, bytes.length),
    bytes,
    Buffer.alloc(-bytes.length & 511),
  ]);
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]), { level });
}

function header(path: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(path, 0);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Makes the registry serve `tarball`, which the lockfile locks. */
async function serveAs({ lab, lock }: LabProject, tarball: Buffer): Promise<void> {
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  lab.tamperTarball('p', '1.0.0', () => tarball);
  lab.tamper('p', '1.0.0', (manifest) => ({ ...manifest, dist: { ...manifest.dist, integrity } }));
  await lock({ p: '1.0.0' }, { integrity: { 'p@1.0.0': integrity } });
}

function intoCache(folder: string, tarball: Buffer): void {
  const hex = createHash('sha512').update(tarball).digest('hex');
  const path = join(folder, '.npm/_cacache/content-v2/sha512', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, tarball);
}

/** The most memory that a run takes, and what it says of the tarball. */
async function run(folder: string): Promise<{ readonly peak: number; readonly bytes: unknown }> {
  const args = ['audit', '--tarballs', '--json', '--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, ASSAY_CACHE: '', ...NO_NETWORK };
  const usage = join(folder, 'usage');
  mkdirSync(usage, { recursive: true });
  const { peakBytes, stdout } = await measure(
    { command: process.execPath, args: [CLI, ...args], cwd: folder, env },
    usage,
  );
  const { dependencies } = JSON.parse(stdout) as AuditJson;
  return { peak: peakBytes, bytes: dependencies[0]?.proofs['bytes'] };
}

describe('the memory of assay audit --tarballs', () => {
  it.each<[string, () => Buffer]>([
    ['200 MB that do not shrink', () => large(randomFillSync(Buffer.alloc(200 * MB)), 0)],
    ['700 MB that shrink to almost nothing', () => large(Buffer.alloc(700 * MB), 1)],
  ])('does not grow with a tarball of %s', { timeout: 300_000 }, async (_, make) => {
    await withProject(async (project) => {
      const { lab, folder } = project;
      await lab.publish({ name: 'p', version: '1.0.0', by: token({ user: 'ann' }) });
      await serveAs(project, large(Buffer.alloc(1024), 1));
      const small = await run(folder);
      expect(small.bytes).toMatchObject({ from: 'registry' });

      const tarball = make();
      await serveAs(project, tarball);
      const served = await run(folder);
      expect(served.bytes).toMatchObject({ from: 'registry', size: tarball.length });
      intoCache(folder, tarball);
      const cached = await run(folder);
      expect(cached.bytes).toMatchObject({ from: 'npm-cache', size: tarball.length });
      expect(served.peak - small.peak).toBeLessThan(MORE);
      expect(cached.peak - small.peak).toBeLessThan(MORE);
    });
  });
});
