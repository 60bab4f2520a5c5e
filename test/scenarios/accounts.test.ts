import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, type LockfileOptions, type Roots } from '../../lab/index.ts';
import { OMITTABLE } from '../../src/audit/options.ts';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import { renderJson } from '../../src/report/json/report.ts';
import { accountOf, type AccountedJson } from '../cli/accounts.ts';
import { NODE_SAMPLES } from '../lockfiles/samples.ts';
import { auditIn, withLab } from './harness.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });

/** Some of what a project can have beside registry packages, by path. */
const EXTRAS: readonly NonNullable<LockfileOptions['extra']>[] = [
  {
    'node_modules/link': { resolved: 'packages/w', link: true },
    'packages/w': { name: 'w', version: '1.0.0' },
  },
  { 'node_modules/git': { version: '1.0.0', resolved: 'git+ssh://git@github.com/o/r.git#abc' } },
  { 'node_modules/http': { version: '1.0.0', resolved: 'https://example.com/x.tgz' } },
  { 'node_modules/dev': { version: '1.0.0', dev: true } },
  { 'node_modules/optional': { version: '1.0.0', optional: true } },
  { 'node_modules/deep/node_modules/optional': { version: '1.0.0', optional: true } },
  {
    'node_modules/carrier': { version: '1.0.0', bundleDependencies: ['in'], dependencies: { in: '1.0.0' } },
    'node_modules/carrier/node_modules/in': { version: '1.0.0', inBundle: true },
  },
];

const someLockfile = fc.record({
  roots: fc.constantFrom<Roots>({}, { p: '1.0.0' }, { p: '1.0.1' }, { p: '1.0.1', q: '1.0.0' }),
  extra: fc.subarray([...EXTRAS]).map((extras) => Object.fromEntries(extras.flatMap((one) => Object.entries(one)))),
});

describe('every entry becomes something', () => {
  it('whatever the lockfile, what is left out, and what it was before', async () => {
    await withLab(async (lab) => {
      for (const name of ['p', 'q']) await lab.publish({ name, version: '1.0.0', by: TEAM });
      await lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
      await fc.assert(
        fc.asyncProperty(
          someLockfile,
          fc.option(fc.oneof(someLockfile, fc.constant('broken' as const), fc.constant('absent' as const))),
          fc.subarray([...OMITTABLE]),
          async (now, then, omit) => {
            const file = 'package-lock.json';
            const old =
              then === null || typeof then === 'string'
                ? null
                : parseLockfile(file, Buffer.from(lab.lockfile(then.roots, then)));
            const known = then === 'broken' ? { problem: 'broken' } : old;
            const since = {
              ref: 'main',
              commit: 'ab'.repeat(20),
              before: new Map(known === null ? [] : [[file, known]]),
            };
            const text = lab.lockfile(now.roots, now);
            const { report } = await auditIn(lab, text, { omit, ...(then === null ? {} : { since }) });
            const json = accountOf(JSON.parse(renderJson(report)) as AccountedJson);
            const parsed = parseLockfile(file, Buffer.from(text));
            expect(json.lockfiles).toMatchObject([{ entries: parsed.entries, named: parsed.dependencies.length }]);
            expect(json.counts['entries']).toBe(
              Object.keys((JSON.parse(text) as { packages: object }).packages).length,
            );
            expect(json.counts['unchanged'] === 0 || old !== null).toBe(true);
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  it.each(NODE_SAMPLES)('in $file of $format, verified or not', async ({ file, text, dependencies, many }) => {
    const size = fc.integer({ min: 1, max: 12 });
    await withLab(async (lab) => {
      // What is here is verified, and refused: the samples lock other bytes. What is not fails.
      for (const name of ['p0', 'p2']) await lab.publish({ name, version: '1.0.0', by: TEAM });
      await fc.assert(
        fc.asyncProperty(
          fc.option(size),
          fc.option(fc.oneof(size, fc.constant('broken' as const), fc.constant('absent' as const))),
          fc.subarray([...OMITTABLE]),
          async (count, then, omit) => {
            const now = count === null ? text : many(count);
            const old = typeof then === 'number' ? parseLockfile(file, Buffer.from(many(then))) : null;
            const known = then === 'broken' ? { problem: 'broken' } : old;
            const since = {
              ref: 'main',
              commit: 'ab'.repeat(20),
              before: new Map(known === null ? [] : [[file, known]]),
            };
            const { report } = await auditIn(lab, now, { file, omit, ...(then === null ? {} : { since }) });
            const json = accountOf(JSON.parse(renderJson(report)) as AccountedJson);
            // Each has a hash of its own, and one place.
            const named = count ?? Object.keys(dependencies).length;
            const { skipped } = parseLockfile(file, Buffer.from(now));
            expect(json.lockfiles).toMatchObject([{ entries: named + skipped.length, places: named, named }]);
            expect(json.counts['unchanged'] === 0 || old !== null).toBe(true);
          },
        ),
        { numRuns: 25 },
      );
    });
  });
});
