import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAssay, checkNpm } from '../../bench/audit/clients.ts';
import type { Measured } from '../../bench/audit/measure.ts';
import { planTree } from '../../bench/audit/plan.ts';
import { seededRandom } from '../../bench/audit/random.ts';
import { table, targets } from '../../bench/audit/results.ts';
import type { Round, Sample } from '../../bench/audit/rounds.ts';

const ROOT = join(import.meta.dirname, '../..');
const npm = spawnSync('npm', ['audit', '--help'], { encoding: 'utf8', shell: process.platform === 'win32' });
const hasAuditSignatures = npm.status === 0 && npm.stdout.includes('signatures');

/** Runs the benchmark as people do, and ends what it started. */
function bench(...args: string[]): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts/bench.mjs'), 'audit', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid), 50_000);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output });
    });
  });
}

describe('the benchmark of an audit', () => {
  it.skipIf(!hasAuditSignatures)(
    'runs npm and assay on the same tree, and both verify all of it (skipped without npm audit signatures)',
    async () => {
      const { status, output } = await bench('--packages', '12', '--latency', '0', '--rounds', '1');
      expect(output).toContain('12 packages (3 attested, 10 documents), latency 0 ms, rounds: 1');
      const cells = output.split('\n').flatMap((line) => (line.startsWith('| ') ? [line.split(' | ')] : []));
      const requests = new Map(cells.map(([run = '', , , , count]) => [run.slice(2), Number(count)]));
      expect(requests.get('npm cold')).toBeGreaterThanOrEqual(10 + 3);
      expect(requests.get('assay first')).toBeGreaterThanOrEqual(10 + 3);
      expect([...requests.keys()]).toEqual(
        expect.arrayContaining(['npm warm', 'assay baseline', 'assay changed', 'assay warm']),
      );
      expect(status).toBe(0);
    },
  );

  it('refuses options that it does not have', async () => {
    const { status, output } = await bench('--packages', 'many');
    expect(output).toContain('bench/audit: --packages takes numbers from 12');
    expect(status).toBe(1);
  });
});

const measured = (said: Partial<Measured>): Measured => ({
  status: 0,
  stdout: '',
  stderr: '',
  wallMs: 1,
  cpuMs: 1,
  peakBytes: 1,
  ...said,
});

describe('a run that did less', () => {
  const expected = { packages: 12, attested: 3, held: 0 };

  it('of npm does not count', () => {
    const said = (signatures: string, attestations: string): string =>
      `audited 12 packages in 0s\n\n${signatures}\n\n${attestations}\n`;
    const all = said('12 packages have verified registry signatures', '3 packages have verified attestations');
    expect(() => checkNpm(measured({ stdout: all }), expected)).not.toThrow();
    const less = [
      measured({ stdout: all, status: 1 }),
      measured({ stdout: all.replace('12 packages have', '11 packages have') }),
      measured({ stdout: all.replace('3 packages have', '2 packages have') }),
      measured({ stdout: said('12 packages have verified registry signatures', '') }),
    ];
    for (const run of less) expect(() => checkNpm(run, expected)).toThrow('npm audit signatures ended with');
    const one = said('1 package has a verified registry signature', '1 package has a verified attestation');
    expect(() => checkNpm(measured({ stdout: one }), { packages: 1, attested: 1, held: 0 })).not.toThrow();
  });

  it('of assay does not count', () => {
    const counts = {
      dependencies: 12,
      integrity: 12,
      signature: 12,
      publish: 3,
      provenance: 3,
      fail: 0,
      unverified: 0,
    };
    const report = (changes: object, held = 0): Measured =>
      measured({ stdout: JSON.stringify({ counts: { ...counts, ...changes }, baseline: { held }, trust }) });
    const trust = { repository: { state: 'current' } };
    expect(() => checkAssay(report({}), expected)).not.toThrow();
    for (const [name, count] of Object.entries(counts)) {
      expect(() => checkAssay(report({ [name]: count - 1 }), expected), name).toThrow(`not ${count}`);
      expect(() => checkAssay(report({ [name]: undefined }), expected), name).toThrow(`no ${name}`);
    }
    expect(() => checkAssay(report({}, 1), expected)).toThrow('held 1 packages');
    expect(() => checkAssay({ ...report({}), status: 1 }, expected)).toThrow('ended with 1');

    const nothing = { integrity: 0, signature: 0, publish: 0, provenance: 0 };
    const held = { packages: 12, attested: 0, held: 12 };
    expect(() => checkAssay(report(nothing, 12), held)).not.toThrow();
    expect(() => checkAssay(report(nothing, 11), held)).toThrow('held 11 packages');
  });
});

describe('the planned tree', () => {
  for (const packages of [12, 100, 500, 3000]) {
    it(`of ${packages} packages has the shape that is promised, every time`, () => {
      const plan = planTree(packages, seededRandom('seed'));
      expect(planTree(packages, seededRandom('seed'))).toEqual(plan);
      const { names, roots } = plan;
      expect(names.length / packages).toBeGreaterThan(0.8);
      expect(names.length / packages).toBeLessThan(0.9);
      expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
      expect(names.reduce((sum, { twice }) => sum + (twice ? 2 : 1), 0)).toBe(packages);
      const attested = names.filter((one) => one.attested);
      expect(attested.reduce((sum, { twice }) => sum + (twice ? 2 : 1), 0)).toBe(packages / 4);

      const sizes = names.map(({ bytes }) => bytes).sort((a, b) => a - b);
      expect(sizes[sizes.length >> 1]).toBeGreaterThan(packages < 100 ? 20_000 : 29_000);
      expect(sizes[sizes.length >> 1]).toBeLessThan(packages < 100 ? 45_000 : 31_000);
      if (packages >= 100) expect(sizes.at(-1)).toBeGreaterThan(3_000_000);

      const reached = new Set(roots);
      for (const { name, dependencies } of names) {
        expect(reached.has(name), name).toBe(true);
        for (const dependency of dependencies) reached.add(dependency);
      }
      const outdated = names.flatMap((one) => [...one.outdated]).sort();
      expect(outdated).toEqual(names.flatMap(({ name, twice }) => (twice ? [name] : [])).sort());
      for (const one of names) for (const name of one.outdated) expect(one.dependencies.has(name)).toBe(false);
    });
  }
});

describe('the results', () => {
  const sample = (wallMs: number): Sample => ({
    wallMs,
    cpuMs: wallMs,
    peakBytes: 1e8,
    requests: 1,
    bytes: 1,
    kinds: {},
  });
  const round = (factor: number): Round => ({
    'npm cold': sample(10_000),
    'npm warm': sample(8_000),
    first: sample(2_000 * factor),
    baseline: sample(500 * factor),
    changed: sample(800 * factor),
    warm: sample(400 * factor),
  });

  it('compare a baseline with npm cold and the rest of what is known with npm warm, round by round', () => {
    const lines = table({ packages: 500, latencyMs: 20, rounds: [round(1), round(2), round(0.5)] });
    expect(lines).toContain('| assay baseline | 0.50 | 0.50 | 100 | 1 | 0.0 | npm cold | 20.0 10.0 40.0 | 20.0 |');
    expect(lines).toContain('| assay changed | 0.80 | 0.80 | 100 | 1 | 0.0 | npm warm | 10.0 5.0 20.0 | 10.0 |');
  });

  it('say which targets were met', () => {
    const met = targets([{ packages: 500, latencyMs: 20, rounds: [round(1)] }]);
    expect(met).toEqual([
      'met    500 packages, first: at least 5 times as fast: 5.0',
      'met    500 packages, baseline: at least 12 times as fast: 20.0',
      'missed 500 packages, changed: at least 12 times as fast: 10.0',
      'missed 500 packages, warm: at least 25 times as fast: 20.0',
      "met    500 packages, baseline: at most 0.1 of npm's CPU: 0.050",
    ]);
    expect(targets([{ packages: 500, latencyMs: 0, rounds: [round(1)] }])).toEqual([]);
    expect(targets([{ packages: 1000, latencyMs: 20, rounds: [round(1)] }])).toContain(
      'met    1000 packages, baseline: at most 120 MB: 100 MB',
    );
  });

  it('compare what a package costs between trees', () => {
    const costs = targets([
      { packages: 200, latencyMs: 0, rounds: [round(1)] },
      { packages: 400, latencyMs: 0, rounds: [round(2.2)] },
    ]);
    expect(costs[0]).toBe('met    first at 0 ms: ms per package within 15 %: 10 % (200: 10.00, 400: 11.00)');
  });
});
