import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { relative } from 'node:path';
import type { LockfileAuditOptions } from '../../audit/options.ts';
import {
  openGate,
  openStandingGate,
  type GateServer,
  type Asked,
  type Outcome,
  type Refusal,
} from '../../gate/index.ts';
import type { Dependency } from '../../model/dependency.ts';
import { specOf } from '../../model/package.ts';
import { reportStatus, type Report } from '../../model/report.ts';
import { withoutExportedSettings } from '../../registries/npm/config/npmrc.ts';
import { renderAcceptance } from '../../report/commands/accept.ts';
import { renderTerminal } from '../../report/terminal/index.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import { demandWords, runProgram } from '../exec/run-program.ts';
import { allowanceOf, type Allowance } from '../gate/allow.ts';
import { gateCommand } from '../gate/command.ts';
import type { GateClient, GateCommand, Pointed } from '../gate/common/kind.ts';
import { cleanLockfiles } from '../gate/lockfiles.ts';
import { openNpm } from '../gate/node/client.ts';
import type { Io } from '../io.ts';
import type { ParsedOptions } from '../options.ts';
import { projectFolder } from '../project/files.ts';
import { lockfilesIn } from '../project/find.ts';
import type { Project } from '../project/folder.ts';
import { withProjects } from '../project/open.ts';
import { loadPolicy, phaseOf, type LoadedPolicy } from '../project/policy.ts';
import { networkConfig } from '../project/registry.ts';
import { PROJECT_OPTIONS, SHOWN_OPTIONS } from '../project/option-names.ts';
import { recordAcceptance } from '../project/record-acceptance.ts';
import { startTrust, unasked } from '../project/trust.ts';
import type { Cache } from '../../store/store.ts';
import { openStore, reportOptions } from '../setup.ts';
import { demandFile } from '../user-files.ts';

export const command: Command = {
  usage: '-- COMMAND [ARGUMENT...]',
  summary: 'run a package manager, which is given only what is verified',
  options: [...PROJECT_OPTIONS, 'enforce', ...SHOWN_OPTIONS, 'allow', 'reason', 'by', 'listen', 'upstream'],
  isBeforeCommand: true,
  run: async (options, io) => {
    const { positionals } = options;
    const [program] = positionals;
    if (program === undefined) return serve(options, io);
    demandWords('gate', positionals, io.cwd);
    if (options.values.upstream !== undefined) {
      throw new UsageError('--upstream is for a gate without a command; with one, --registry says whom to ask');
    }
    const allowance = await allowanceOf(options.values, io);
    const shown = escapeText(positionals.join(' '), 200);
    const command = gateCommand(positionals, io);
    const { folder } = command;
    const policy = await loadPolicy(options.values, folder, io);
    const redirects = policy?.policy.redirects ?? [];
    const client = command.client({ values: options.values, line: positionals, redirects, io });
    const before = await auditLockfiles(options, command, allowance, io);
    if (before !== null && before.status !== EXIT.holds) {
      io.stderr.write(`assay: not run: ${shown}\n`);
      return before.status;
    }
    const opening = openingFor(options, policy, before, folder, { ...client, allowance }, io);
    // It asks with the tokens of this user.
    const gate = await openGate({ ...opening, user: process.getuid?.() ?? null });
    const texts = textsOf(command);
    const env = withoutExportedSettings({ cwd: io.cwd, env: io.env, homedir: homedir(), platform: process.platform });
    let ended: number;
    try {
      ended = await runPointed(client.point(gate, env), io);
    } finally {
      await gate.close();
    }
    const left = cleanLockfiles(folder, gate, client.written);
    const outcome = gate.outcome();
    tell(outcome, ended, io);
    for (const one of allowance?.unused() ?? []) {
      io.stderr.write(`assay: --allow ${escapeText(specOf(one), 200)} let nothing through\n`);
    }
    if (left.length > 0) {
      io.stderr.write(`assay: ${left.join(', ')} names the gate, which is an error of assay: do not commit it\n`);
      return EXIT.fails;
    }
    if (textsOf(command) === texts) return ended;
    // A package manager may take from its own cache what was handed out under another policy.
    const after = await auditLockfiles(options, command, allowance, io);
    return ended === 0 && after !== null ? after.status : ended;
  },
};

async function runPointed({ line: [program = '', ...args], env, past, close }: Pointed, io: Io): Promise<number> {
  for (const each of past) io.stderr.write(`assay: ${each}\n`);
  try {
    return await runProgram(program, args, io.cwd, env);
  } finally {
    close();
  }
}

interface Audited extends Pick<LockfileAuditOptions, 'baseline' | 'store'> {
  readonly status: number;
  readonly locked: readonly Dependency[];
}

/** Audits the lockfiles of a command; null where there are none, and where they have nothing yet. */
async function auditLockfiles(
  options: ParsedOptions,
  command: GateCommand,
  allowance: Allowance | null,
  io: Io,
): Promise<Audited | null> {
  const { folder } = command;
  const own = command.lockfiles?.();
  if ((own ?? lockfilesIn(folder)).length === 0) return null;
  const { values } = options;
  const places = (own ?? [folder]).map((path) => relative(io.cwd, path) || '.');
  const audited = await withProjects(places, false, options, io, async ({ audit, projects, unread, policy }) => {
    const lockfiles = projects.flatMap((project) => project.lockfiles);
    if (unread.length === 0 && lockfiles.every(({ dependencies }) => dependencies.length === 0)) return null;
    const report = await audit(async ({ path, baseline, askBase }) => ({
      enforce: phaseOf(values, policy),
      omit: [],
      // What is built from is in the project or on this machine already, and no package manager holds it to anything.
      vendored: projectFolder(path),
      kept: projectFolder(path),
      baseline: { ...baseline, base: await askBase() },
    }));
    const [project] = projects;
    if (allowance !== null && project !== undefined && isRecorded(report, project, allowance, io)) return 'again';
    // The command has standard output to itself.
    io.stderr.write(renderTerminal(report, reportOptions(io.stderr, values)));
    return {
      status: reportStatus(report),
      locked: lockfiles.flatMap(({ dependencies }) => dependencies),
      ...(project && { baseline: project.baseline, store: project.store }),
    };
  });
  return audited === 'again' ? auditLockfiles(options, command, null, io) : audited;
}

/** Writes into assay.lock what is allowed of a report, so that every later one names it; whether there is any. */
function isRecorded(report: Report, project: Project, allowance: Allowance, io: Io): boolean {
  const { content, file } = project.baseline;
  const allowed = allowance.accept(content, report.dependencies);
  if (allowed === null) return false;
  const { acceptance, judged } = allowed;
  const decided = recordAcceptance(project, acceptance, judged, { report, next: 'assay init' });
  io.stderr.write(renderAcceptance(file, decided, io.stderr));
  return true;
}

type Opening = Pick<Parameters<typeof openGate>[0], 'ask' | 'decidedBy'>;

/** Who is asked, and how what they say is judged. */
function openingFor(
  { values }: ParsedOptions,
  policy: LoadedPolicy | null,
  audited: Audited | null,
  folder: string,
  {
    network,
    isUnsigned,
    open,
    isDirect,
    allowance,
  }: Pick<GateClient, 'network' | 'isUnsigned' | 'open' | 'isDirect'> & { readonly allowance: Allowance | null },
  io: Io,
): Opening {
  const phase = phaseOf(values, policy);
  let kept: Cache | null = null;
  const ask = async (): Promise<Asked> => {
    // What was judged so far is there for other gates, and for what this one answers from now on.
    kept?.close();
    const store = openStore(values, 'gate', io);
    kept = store;
    const trust = startTrust(values, policy, network, io);
    const { protocol, sources, close } = open();
    const closeAll = (): void => {
      if (kept === store) store?.close();
      close();
      trust.close();
    };
    try {
      const session = await trust.session;
      return {
        protocol,
        audit: {
          ...sources,
          trust: await (isUnsigned === true ? unasked(session) : session).refresh(),
          enforce: phase,
          policy,
          store,
          baseline: audited?.baseline ?? null,
        },
        locked: audited?.locked ?? [],
        isDirect,
        allows: allowance?.allows ?? (() => false),
        now: Date.now,
        close: closeAll,
      };
    } catch (error) {
      closeAll();
      throw error;
    }
  };
  const decidedBy = [phase, policy?.policy ?? null, values.allow ?? [], folder, network.registry, [...network.scopes]];
  return { ask, decidedBy: JSON.stringify(decidedBy) };
}

/** Serves until it is stopped: 0. Throws UsageError. */
async function serve(options: ParsedOptions, io: Io): Promise<number> {
  const { listen, upstream, registry, allow, reason, by } = options.values;
  if (listen === undefined) {
    throw new UsageError(
      'gate needs a command: assay gate -- npm install axios; or --listen 127.0.0.1:4874 to serve until it is stopped',
    );
  }
  if (allow !== undefined || reason !== undefined || by !== undefined) {
    throw new UsageError('--allow is for the run of one command: assay gate --allow axios@1.14.1 --reason TEXT -- CMD');
  }
  const place = placeOf(listen);
  const values = upstream === undefined ? options.values : { ...options.values, registry: upstream };
  if (upstream !== undefined && registry !== undefined) throw new UsageError('--upstream and --registry say the same');
  const policy = await loadPolicy(values, io.cwd, io);
  const redirects = policy?.policy.redirects ?? [];
  const network = networkConfig(values, io.cwd, io);
  const open = (): ReturnType<typeof openNpm> => openNpm(network, { redirects, io, keepsAddresses: () => false });
  const client = { network, open, isDirect: () => false, allowance: null };
  const opening = openingFor({ ...options, values }, policy, null, io.cwd, client, io);
  const log = (line: string): void => io.stdout.write(`${line}\n`);
  let gate: GateServer;
  try {
    gate = await openStandingGate({ ...opening, ...place }, log);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const why = { EADDRINUSE: 'the port is taken', EACCES: 'permission denied', EADDRNOTAVAIL: 'no such address here' }[
      code
    ];
    throw new UsageError(`cannot listen at ${listen}: ${why ?? code}`);
  }
  io.stderr.write(
    `assay: the gate serves at ${gate.origin}/ what ${network.registry} has; health at /-/assay/health\n`,
  );
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await gate.close();
  return EXIT.holds;
}

/** `HOST:PORT`, the host of IPv6 within brackets, or a port alone. Throws UsageError. */
function placeOf(listen: string): { readonly host?: string; readonly port: number } {
  const [, v6, name, digits = ''] = /^(?:(?:\[([\da-f:]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/i.exec(listen) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535) throw new UsageError(`--listen needs HOST:PORT, not ${listen}`);
  const host = v6 ?? name;
  return { ...(host !== undefined && { host }), port };
}

/** What the lockfiles of a command say, to see whether they still do. */
function textsOf({ folder, lockfiles }: GateCommand): string {
  const paths = lockfiles?.() ?? lockfilesIn(folder);
  for (const path of paths) demandFile(path);
  return JSON.stringify(paths.map((path) => [path, readFileSync(path, 'utf8')]));
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
