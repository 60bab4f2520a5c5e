import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Lab } from '../../lab/index.ts';
import type { PolicyInUse } from '../../src/model/policy.ts';
import { PHASES } from '../../src/model/verdict.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { auditIn, withLab, type Outcome } from './harness.ts';
import { OF_CARGO } from './incidents/of-cargo.ts';
import { OF_GO } from './incidents/of-go.ts';
import { OF_PYPI } from './incidents/of-pypi.ts';
import { OF_2025 } from './incidents/of-2025.ts';
import { OF_2026 } from './incidents/of-2026.ts';
import { incidentsPage, POLICY, type Intact, type Replayed, type Upgraded } from './incidents/page.ts';
import { linksOf, PROVEN, type Proven } from './incidents/proven.ts';
import type { Elsewhere, Found, History, Incident, Stage, Told, Upgrade } from './incidents/shape.ts';
import { UPGRADES } from './incidents/upgrades.ts';

const ON_NPM = [...OF_2025, ...OF_2026];
const BY_REGISTRY: readonly (readonly [string, readonly (Incident | Elsewhere)[]])[] = [
  ['npm', ON_NPM],
  ['PyPI', OF_PYPI],
  ['crates.io', OF_CARGO],
  ['Go modules', OF_GO],
];
const INCIDENTS = BY_REGISTRY.flatMap(([, those]) => those);
/** As documents are now. */
const NOW = Date.parse('2026-11-01T00:00:00Z');
/** What a policy can say of a ref. */
const EXPECT_MAIN = "expect:\n  '*':\n    ref: refs/heads/main\n";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const policy: PolicyInUse = {
  policy: parsePolicy('assay.yml', Buffer.from(POLICY)),
  digest: '0'.repeat(64),
  keys: new Map(),
};

async function publish(lab: Lab, { name, releases, others = {} }: History, until = Infinity): Promise<void> {
  for (const [package_, those] of [...Object.entries(others), [name, releases] as const]) {
    for (const [time, version, by, more] of those) {
      const at = Date.parse(time);
      if (at <= until) await lab.publish({ name: package_, version, by, at, ...more });
    }
  }
}

function timeOf({ releases }: History, version: string): number {
  return Date.parse(releases.find((one) => one[1] === version)?.[0] ?? '');
}

/** What is found, as the table has it; with `level` only what has that. */
function found({ report }: Outcome, { name }: Pick<History, 'name'>, level?: 'error'): readonly string[] {
  return report.dependencies.flatMap(({ dependency, findings }) =>
    findings
      .filter((one) => level === undefined || one.level === level)
      .map(({ code, level: its }) => {
        const prefix = dependency.name === name ? '' : `${dependency.name}: `;
        return `${prefix}${code}${its === 'note' ? ' (note)' : ''}`;
      }),
  );
}

/** One on npm, as it is when the release is an hour old. */
function stageOnNpm(incident: Incident): Stage {
  const { name, version, before, extra } = incident;
  const now = timeOf(incident, version) + HOUR;
  return (work) =>
    withLab(async (lab) => {
      await publish(lab, incident);
      const lockfiles = {
        release: lab.lockfile({ [name]: version }, extra && { extra }),
        before: lab.lockfile({ [name]: before }),
      };
      const takeAway = (): void =>
        lab.tamperPackument(name, (document) => ({
          ...document,
          versions: Object.fromEntries(Object.entries(document.versions).filter(([one]) => one !== version)),
          'dist-tags': { latest: before },
        }));
      return work({
        now,
        audit: (what, change) => auditIn(lab, lockfiles[what], { now, enforce: 'guard', ...change }),
        taken: [{ act: takeAway, enforce: 'observe', code: 'lockfile-version-unknown' }],
      });
    });
}

function replay(incident: Incident | Elsewhere): Promise<Replayed> {
  const stage = 'stage' in incident ? incident.stage : stageOnNpm(incident);
  return stage(async ({ now, audit, taken }) => {
    const outcomes = [];
    for (const enforce of PHASES) outcomes.push(await audit('release', { enforce }));
    const first = outcomes.findIndex(({ status }) => status !== 0);
    const fails = outcomes.slice(first, first + 1).flatMap((outcome) => found(outcome, incident, 'error'));
    const all = outcomes.map((outcome) => found(outcome, incident));
    // What is found is the same in every phase; only what it weighs is not.
    for (const one of all) expect(one).toEqual(all[0]);

    const young = await audit('release', { policy, now: now + 46 * HOUR });
    const older = await audit('release', { policy, now: now + 3 * DAY });
    const previous = await audit('before', {});
    const alike = await audit('before', { enforce: PHASES[first] ?? 'all' });

    for (const { act, enforce, code } of taken) {
      act();
      const removed = await audit('release', { enforce });
      expect(removed.status).toBe(1);
      expect(found(removed, incident, 'error')).toContain(code);
    }
    return {
      finds: all[0] ?? [],
      beforeFinds: [previous.status, ...found(previous, incident)],
      statuses: outcomes.map(({ status }) => status),
      fails,
      failsAsBefore: fails.length > 0 && fails.join() === found(alike, incident, 'error').join(),
      policy: found(older, incident, 'error'),
      isOld: !found(young, incident, 'error').includes('history-too-new'),
    };
  });
}

async function intact({ play }: Proven): Promise<Intact> {
  const outcomes = await play();
  return {
    outcomes: outcomes.map(({ status, report }) => [
      status,
      ...report.dependencies.flatMap(({ findings }) => findings.map(({ code }) => code)),
    ]),
    links: outcomes.slice(0, 1).flatMap(linksOf),
  };
}

async function upgrade(release: Upgrade): Promise<Upgraded> {
  const { name, version } = release;
  const at = timeOf(release, version);
  const auditOf = (now: number, until: number): Promise<Found> =>
    withLab(async (lab) => {
      await publish(lab, release, until);
      const outcome = await auditIn(lab, lab.lockfile({ [name]: version }), { now, enforce: 'guard' });
      return [outcome.status, ...found(outcome, release)];
    });
  return { day: await auditOf(at + HOUR, at), now: await auditOf(NOW, NOW) };
}

/** Each is replayed once, for its own test and for the page. */
function once<K, V>(work: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const known = new Map<K, Promise<V>>();
  return (key) => {
    const made = known.get(key) ?? work(key);
    known.set(key, made);
    return made;
  };
}

const replayed = once(replay);
const upgraded = once(upgrade);
const undisturbed = once(intact);

describe('incidents, in the lab', () => {
  it.each(INCIDENTS)('$title', async (incident) => {
    const { finds, statuses, fails, policy: withPolicy, beforeFinds } = incident;
    const come: Told = incident;
    const [failsAsBefore, isOld] = [come.failsAsBefore === true, come.isOld === true];
    const came = await replayed(incident);
    expect(came).toEqual({ finds, statuses, fails, failsAsBefore, policy: withPolicy, beforeFinds, isOld });
  });
});

describe('a tree of which everything holds, in each phase', () => {
  it.each(PROVEN)('$title', async (one) => {
    const { outcomes } = await undisturbed(one);
    expect(outcomes).toEqual([[0], [0], [0], [0]]);
  });
});

describe('another ref', () => {
  const onMain: PolicyInUse = { ...policy, policy: parsePolicy('assay.yml', Buffer.from(EXPECT_MAIN)) };
  const built = ON_NPM.filter(({ otherRef }) => otherRef === true);

  it.each(built)('is an error where a policy expects the usual one: $title', async (incident) => {
    const { name, version, before } = incident;
    await withLab(async (lab) => {
      await publish(lab, incident);
      const auditOf = (one: string): Promise<Outcome> =>
        auditIn(lab, lab.lockfile({ [name]: one }), { now: NOW, enforce: 'guard', policy: onMain });
      const [evil, good] = [await auditOf(version), await auditOf(before)];
      expect([evil.status, ...found(evil, incident, 'error')]).toEqual([1, 'identity-unexpected-ref']);
      expect([good.status, ...found(good, incident)]).toEqual([0]);
    });
  });
});

describe('upgrades that look alike', () => {
  it.each(UPGRADES)('$name $version', async (release) => {
    const { day, now } = release;
    expect(now[0]).toBe(0);
    expect(await upgraded(release)).toEqual({ day, now });
  });
});

describe('docs/incidents.md', () => {
  it('says what was found', async () => {
    const attacks = [];
    for (const [registry, those] of BY_REGISTRY) {
      const rows: [Told, Replayed][] = [];
      for (const one of those) rows.push([one, await replayed(one)]);
      attacks.push({ registry, rows });
    }
    const upgrades: [Upgrade, Upgraded][] = [];
    for (const one of UPGRADES) upgrades.push([one, await upgraded(one)]);
    const proven: [Proven, Intact][] = [];
    for (const one of PROVEN) proven.push([one, await undisturbed(one)]);
    const page = join(import.meta.dirname, '../../docs/incidents.md');
    await expect(incidentsPage({ attacks, upgrades, proven })).toMatchFileSnapshot(page);
  });
});
