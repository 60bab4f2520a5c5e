import { dirname } from 'node:path';
import type { LockfileAuditOptions } from '../../audit/options.ts';
import { openGate, remembering, type Gate, type Outcome, type Refusal } from '../../gate/index.ts';
import type { Dependency } from '../../model/dependency.ts';
import { reportStatus } from '../../model/report.ts';
import { withoutExportedSettings } from '../../registries/npm/config/npmrc.ts';
import { registryOf } from '../../registries/npm/index.ts';
import { renderTerminal } from '../../report/terminal/index.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import { runProgram } from '../exec/run-program.ts';
import { clientVariables } from '../gate/clients.ts';
import { cleanLockfiles } from '../gate/lockfiles.ts';
import type { Io } from '../io.ts';
import type { ParsedOptions } from '../options.ts';
import { lockfilesIn } from '../project/find.ts';
import { likelyManager } from '../project/manager-config.ts';
import { PROJECT_OPTIONS, withProjects } from '../project/open.ts';
import { loadPolicy, phaseOf } from '../project/policy.ts';
import { networkConfig, registryBy, registryClient } from '../project/registry.ts';
import { startTrust } from '../project/trust.ts';
import { reportOptions } from '../setup.ts';
import { homedir } from 'node:os';

export const command: Command = {
  usage: '-- COMMAND [ARGUMENT...]',
  summary: 'run a package manager, which is given only what is verified',
  options: [...PROJECT_OPTIONS, 'enforce', 'all'],
  isBeforeCommand: true,
  run: async (options, io) => {
    const { positionals } = options;
    const [program, ...args] = positionals;
    if (program === undefined) throw new UsageError('gate needs a command: assay gate -- npm install axios');
    const shown = escapeText(positionals.join(' '), 200);
    const before = await auditLockfiles(options, io);
    if (before !== null && before.status !== EXIT.holds) {
      io.stderr.write(`assay: not run: ${shown}\n`);
      return before.status;
    }
    const { ended, outcome, left } = await withGate(options, before, io, async (gate, config) => {
      const env = withoutExportedSettings({ cwd: io.cwd, env: io.env, homedir: homedir(), platform: process.platform });
      const ended = await runProgram(program, args, io.cwd, { ...env, ...clientVariables(gate, config) });
      return { ended, outcome: gate.outcome(), left: cleanLockfiles(lockfilesIn(io.cwd), gate.given, gate.origin) };
    });
    tell(outcome, ended, io);
    if (left.length > 0) {
      io.stderr.write(`assay: ${left.join(', ')} names the gate, which is an error of assay: do not commit it\n`);
      return EXIT.fails;
    }
    const after = await auditLockfiles(options, io);
    return ended === 0 && after !== null ? after.status : ended;
  },
};

interface Audited extends Pick<LockfileAuditOptions, 'baseline' | 'store'> {
  readonly status: number;
  readonly locked: readonly Dependency[];
}

/** Audits the lockfiles of the folder; null where there are none. */
async function auditLockfiles(options: ParsedOptions, io: Io): Promise<Audited | null> {
  if (lockfilesIn(io.cwd).length === 0) return null;
  const { values } = options;
  return withProjects(['.'], false, options, io, async ({ audit, projects, policy }) => {
    const report = await audit(async ({ baseline, askBase }) => ({
      enforce: phaseOf(values, policy),
      omit: [],
      baseline: { ...baseline, base: await askBase() },
    }));
    // The command has standard output to itself.
    io.stderr.write(renderTerminal(report, reportOptions(io.stderr, values)));
    const [project] = projects;
    return {
      status: reportStatus(report),
      locked: projects.flatMap(({ lockfiles }) => lockfiles.flatMap(({ dependencies }) => dependencies)),
      ...(project && { baseline: project.baseline, store: project.store }),
    };
  });
}

async function withGate<T>(
  { values }: ParsedOptions,
  audited: Audited | null,
  io: Io,
  work: (gate: Gate, config: ReturnType<typeof networkConfig>) => Promise<T>,
): Promise<T> {
  const policy = await loadPolicy(values, io.cwd, io);
  const paths = lockfilesIn(io.cwd);
  const config = networkConfig(
    values,
    paths[0] === undefined ? io.cwd : dirname(paths[0]),
    io,
    likelyManager(paths, io),
  );
  const redirects = policy?.policy.redirects ?? [];
  const trust = startTrust(values, policy, config, io);
  const client = remembering(registryClient(config, { names: null, redirects }));
  try {
    const phase = phaseOf(values, policy);
    const locked = audited?.locked ?? [];
    const gate = await openGate({
      upstream: {
        client,
        urlFor: (name) => (name === null ? config.registry : registryOf(name, config)),
        isAllowedAddress: (url) => redirects.some((address) => url.startsWith(address)),
      },
      audit: {
        registry: registryBy(client, config, io),
        trust: await (await trust.session).refresh(),
        enforce: phase,
        policy,
        baseline: audited?.baseline ?? null,
      },
      locked,
      isDirect: () => false,
      allowedBy: () => null,
      now: Date.now,
      named: (name) => locked.filter((one) => one.name === name).map(({ version }) => version),
      keepsAddresses: (agent) => agent.startsWith('npm/'),
      decidedBy: JSON.stringify([phase, policy?.policy ?? null]),
    });
    try {
      return await work(gate, config);
    } finally {
      await gate.close();
    }
  } finally {
    client.close();
    trust.close();
  }
}

/** What was refused: not every package manager shows it. */
function tell({ refused, heldBack, missing, fetched }: Outcome, ended: number, io: Io): void {
  const line = (before: string, { message, help }: Refusal): void => {
    io.stderr.write(`assay: ${before}: ${message}\n${help === '' ? '' : `  ${help}\n`}`);
  };
  for (const one of [...refused, ...(ended === 0 ? [] : missing)]) line('refused', one);
  for (const one of heldBack) line('an older version was taken', one);
  io.stderr.write(`assay: the gate handed out ${fetched} ${fetched === 1 ? 'package' : 'packages'}\n`);
}
