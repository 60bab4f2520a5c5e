import { askWhole } from '../../audit/whole-repository.ts';
import type { LocatedLockfile } from '../../model/dependency.ts';
import type { Report } from '../../model/report.ts';
import type { Instant } from '../../model/time.ts';
import { compareText } from '../../model/value.ts';
import { VERSION } from '../../model/version.ts';
import { createHttpClient } from '../../net/client.ts';
import type { Recorder } from '../../pack/record.ts';
import type { About } from '../../pack/write.ts';
import type { Io } from '../io.ts';
import type { OptionName, OptionValues, ParsedOptions } from '../options.ts';
import { isOfSigned, withProjects } from './open.ts';
import { phaseOf } from './policy.ts';

/**
 * Asks what any audit of these places may ask, so that `recorder` has it: with and without what assay.lock holds, in
 * the strictest phase, which explains most, and in the project's own; and every TUF repository whole, for those whose
 * trust begins with an older root.
 */
export async function gather(
  places: readonly string[],
  { values, positionals }: ParsedOptions,
  recorder: Recorder,
  now: Instant,
  io: Io,
): Promise<{ readonly about: About; readonly report: Report }> {
  let lockfiles: readonly LocatedLockfile[] = [];
  const recording: Io = {
    ...io,
    answers: {
      through: recorder.through,
      pack: null,
      about: (all) => {
        lockfiles = all;
      },
    },
  };
  // Which mean something else to an audit.
  const own = new Set<string>(['since', 'output'] satisfies OptionName[]);
  const others: OptionValues = Object.fromEntries(Object.entries(values).filter(([name]) => !own.has(name)));
  const asking = { positionals, values: { ...others, 'no-cache': true } };
  return withProjects(places, values.recursive === true, asking, recording, async ({ policy, config, audit }) => {
    const kept = new Map<string, Buffer>();
    const store = {
      get: (id: string): Buffer | null => kept.get(id) ?? null,
      put: (id: string, value: Buffer): void => void kept.set(id, value),
    };
    const shared = { omit: [], store, tarballs: values.artifacts === true };
    const report = await audit(() => ({ ...shared, enforce: 'all', baseline: null }));
    await audit(async ({ baseline, askBase }) => ({
      ...shared,
      enforce: phaseOf(values, policy),
      reverify: true,
      baseline: { ...baseline, base: await askBase() },
    }));
    const { repository: main, ages, registries } = report.trust;
    // A folder is no part of a pack: it is carried over with the project.
    // Nobody asks it whom to trust for what nobody signs.
    const asked = lockfiles.some(({ file }) => isOfSigned(file))
      ? [main, ...ages.map(({ repository = null }) => repository)]
      : [];
    const repositories = asked.flatMap((one) => (one?.url.includes('://') === true ? [one] : []));
    for (const { url, versions } of repositories) {
      const http = createHttpClient(config);
      await askWhole(url, versions.root, http, now);
      http.close();
    }
    const trust = repositories
      .map(({ url, versions, expires }) => ({ url, ...versions, expires }))
      .filter(({ url }, i, all) => all.findIndex((one) => one.url === url) === i);
    const about = {
      made: now,
      by: `assay ${VERSION}`,
      lockfiles: lockfiles
        .map(({ path, digest }) => ({ path, sha256: digest }))
        .sort((a, b) => compareText(a.path, b.path)),
      // A pack names what npm's registries serve; what others do is named by its digest.
      registries: registries.flatMap(({ url, namedBy }) => (namedBy === undefined ? [url] : [])).sort(compareText),
      trust,
    };
    return { about, report };
  });
}
