import { type Baseline } from '../../model/baseline.ts';
import { bytesOf, hashOfAll, unboundFile } from '../../model/locked-bytes.ts';
import type { Dependency } from '../../model/dependency.ts';
import { isNamedBy, nameOf, packageId, specOf } from '../../model/package.ts';
import type { FindingCode } from '../../model/finding.ts';
import { nearest } from '../../model/nearest.ts';
import type { JudgedDependency } from '../../model/verdict.ts';
import { acceptFindings, type Refusal } from '../../baseline/accept.ts';
import { renderAcceptance } from '../../report/commands/accept.ts';
import { escapeText } from '../../report/words/escape.ts';
import { gitUser } from '../../git/user.ts';
import type { Command } from '../command.ts';
import { codesOf, reasonOf, untilOf, whoOf } from '../decision.ts';
import { EXIT, UsageError } from '../exit.ts';
import { withProject } from '../project/open.ts';
import { recordAcceptance } from '../project/record-acceptance.ts';
import { PROJECT_OPTIONS } from '../project/option-names.ts';
import { phaseOf } from '../project/policy.ts';

export const command: Command = {
  usage: 'SPEC... --reason TEXT',
  summary: 'accept findings of one version, on its bytes, until a day; writes assay.lock',
  options: ['reason', 'until', 'by', 'code', 'lockfile', 'base', ...PROJECT_OPTIONS],
  run: async (options, io) => {
    const { values, positionals } = options;
    if (positionals.length === 0)
      throw new UsageError('accept needs a package: assay accept NAME@VERSION --reason TEXT');
    const why = reasonOf(values.reason);
    const until = untilOf(values.until, Date.now());
    const codes = codesOf(values.code ?? []);
    const by = whoOf(values.by ?? (await gitUser(io.cwd)));
    return withProject(
      values.lockfile ?? '.',
      options,
      io,
      async ({ path, file, policy, baseline, askBase, locked, audit }) => {
        const wanted = positionals.flatMap((spec) => lockedAs(spec, locked, file));
        for (const dependency of wanted) demandHashes(dependency);
        const named = new Set(wanted.map(specOf));
        // Findings that are already accepted can be accepted again, so they count as found.
        const undecided = baseline.content === null ? null : withoutDecisions(baseline.content, named);
        // The whole lockfile is audited: the level of a finding depends on what else is locked.
        const report = await audit({
          enforce: phaseOf(values, policy),
          omit: [],
          explain: false,
          baseline: { ...baseline, content: undecided, base: await askBase() },
        });
        const judged = report.dependencies.filter(({ dependency }) => named.has(specOf(dependency)));
        const unsigned = judged.find((one) => isSilent(one) && hashOfAll(bytesOf(one)) === null);
        if (unsigned !== undefined) {
          const what = `${specOf(unsigned.dependency)} has no hash in ${file} and none that its registry was proven to sign`;
          throw new UsageError(`${what}, and ${BOUND}`);
        }
        const outcome = acceptFindings(baseline.content, judged, codes, { by, why, until });
        const again =
          io.answers === undefined
            ? 'run the same command again'
            : 'make the pack anew where the network is (assay pack)';
        if ('refused' in outcome) return refuse(outcome, codes, again, (line) => io.stderr.write(`assay: ${line}\n`));
        const next = policy === null ? 'assay init' : 'assay update';
        const decided = recordAcceptance({ path, baseline }, outcome, judged, { report, next });
        io.stdout.write(renderAcceptance(baseline.file, decided, io.stdout));
        return EXIT.holds;
      },
    );
  },
};

function withoutDecisions(content: Baseline, named: ReadonlySet<string>): Baseline {
  return { ...content, accepted: content.accepted.filter((one) => !named.has(specOf(one))) };
}

/** What the lockfile names by a SPEC: `name@version`, or `name` where it locks one version of it. Throws UsageError. */
function lockedAs(spec: string, locked: readonly Dependency[], file: string): readonly Dependency[] {
  const [name = spec] = /^(?:[a-z]+:)?@?[^@]*/.exec(spec) ?? [];
  const hasVersion = name !== spec;
  const ofName = locked.filter((dependency) => [nameOf(dependency), packageId(dependency)].includes(name));
  const specs = [...new Set(ofName.map(specOf))].sort();
  if (specs.length === 0) {
    const near = nearest(name, [...new Set(locked.map(nameOf))]);
    throw new UsageError(`${file} does not lock ${name}${near === null ? '' : `; did you mean ${near}?`}`);
  }
  if (!hasVersion && specs.length > 1)
    throw new UsageError(`which ${name}? ${file} locks ${specs.join(', ')}: name one`);
  const wanted = !hasVersion ? ofName : ofName.filter((dependency) => isNamedBy(spec, dependency));
  if (wanted.length === 0) throw new UsageError(`${file} does not lock ${spec}, but ${specs.join(', ')}`);
  return wanted;
}

const BOUND = 'accepted is what one hash, SHA-256 or stronger, locks of each file';

/**
 * An acceptance is bound to bytes. Throws UsageError where the lockfile does not say which; where it cannot, the
 * registry's signature does.
 */
function demandHashes(dependency: Dependency): void {
  const unbound = unboundFile(dependency);
  if (dependency.artifacts[0].archive !== undefined || unbound === null) return;
  const [place] = dependency.places;
  const where = place === undefined ? '' : ` (${place.file}:${place.line})`;
  const how = unbound.count > 1 ? 'several hashes' : (unbound.algorithm ?? 'no hash');
  const of = unbound.file === null ? '' : ` of its ${unbound.file}`;
  throw new UsageError(`${specOf(dependency)} is locked by ${how}${of}${where}, and ${BOUND}`);
}

/** Whether nothing contradicts, and nothing failed to answer, which is said first. */
function isSilent({ findings }: JudgedDependency): boolean {
  return findings.every(({ kind }) => kind !== 'contradiction' && kind !== 'unavailable');
}

/** Says in one line why nothing is accepted, and gives the exit status. Throws UsageError where the codes are wrong. */
function refuse(
  { refused, dependency, codes: found }: Refusal,
  wanted: readonly FindingCode[],
  again: string,
  say: (line: string) => void,
): number {
  const spec = escapeText(specOf(dependency), 200);
  const list = found.join(', ');
  switch (refused) {
    case 'contradiction':
      say(`${spec} has ${list}: a contradiction, which nobody can accept; nothing was written, do not install it`);
      return EXIT.fails;
    case 'unanswered':
      say(`no statement about ${spec} (${list}), so nothing was accepted; ${again}`);
      return EXIT.noStatement;
    case 'not-found': {
      if (found.length === 0)
        throw new UsageError(`nothing is to be accepted of ${specOf(dependency)}: no warning, no error`);
      const missing = wanted.filter((code) => !found.includes(code)).join(', ');
      throw new UsageError(`${missing} is not found of ${specOf(dependency)}, but ${list}; nothing was written`);
    }
  }
}
