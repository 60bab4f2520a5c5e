import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import type { LockfileAuditOptions } from '../../audit/options.ts';
import {
  openGate,
  openStandingGate,
  remembering,
  type GateServer,
  type Asked,
  type Outcome,
  type Refusal,
} from '../../gate/index.ts';
import type { Dependency } from '../../model/dependency.ts';
import { manifestFields } from '../../readers/manifest.ts';
import { reportStatus } from '../../model/report.ts';
import { fieldsOf } from '../../model/value.ts';
import { withoutExportedSettings, type NpmConfig } from '../../registries/npm/config/npmrc.ts';
import { registryOf } from '../../registries/npm/index.ts';
import { renderTerminal } from '../../report/terminal/index.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import { demandWords, runProgram } from '../exec/run-program.ts';
import { pointAt, type Pointed } from '../gate/clients.ts';
import { gateCommand } from '../gate/command.ts';
import { cleanLockfiles, writtenBy } from '../gate/lockfiles.ts';
import type { Io } from '../io.ts';
import type { ParsedOptions } from '../options.ts';
import { lockfilesIn } from '../project/find.ts';
import { managerConfigs, type ManagerConfig } from '../project/manager-config.ts';
import { PROJECT_OPTIONS } from '../project/option-names.ts';
import { withProjects } from '../project/open.ts';
import { loadPolicy, phaseOf } from '../project/policy.ts';
import { networkConfig, registryBy, registryClient } from '../project/registry.ts';
import { startTrust } from '../project/trust.ts';
import { demandFile } from '../user-files.ts';
import { reportOptions } from '../setup.ts';

export const command: Command = {
  usage: '-- COMMAND [ARGUMENT...]',
  summary: 'run a package manager, which is given only what is verified',
  options: [...PROJECT_OPTIONS, 'enforce', 'all', 'listen', 'upstream'],
  isBeforeCommand: true,
  run: async (options, io) => {
    const { positionals } = options;
    const [program] = positionals;
    if (program === undefined) return serve(options, io);
    demandWords('gate', positionals, io.cwd);
    if (options.values.upstream !== undefined) {
      throw new UsageError('--upstream is for a gate without a command; with one, --registry says whom to ask');
    }
    const shown = escapeText(positionals.join(' '), 200);
    const command = gateCommand(positionals, io);
    const { folder, manager } = command;
    const before = await auditLockfiles(options, folder, io);
    if (before !== null && before.status !== EXIT.holds) {
      io.stderr.write(`assay: not run: ${shown}\n`);
      return before.status;
    }
    const [managerConfig] = managerConfigs([{ manager }], folder, io);
    const { config, ...opening } = await askedFor(options, before, { folder, manager: managerConfig }, io);
    const gate = await openGate({ ...opening, keepsAddresses: (agent) => agent.startsWith('npm/') });
    const texts = textsOf(folder);
    const env = withoutExportedSettings({ cwd: io.cwd, env: io.env, homedir: homedir(), platform: process.platform });
    let ended: number;
    try {
      ended = await runPointed(pointAt(gate, positionals, command, config, managerConfig?.files ?? [], env), io);
    } finally {
      await gate.close();
    }
    const left = cleanLockfiles(folder, gate, writtenBy(manager, config));
    const outcome = gate.outcome();
    tell(outcome, ended, io);
    if (left.length > 0) {
      io.stderr.write(`assay: ${left.join(', ')} names the gate, which is an error of assay: do not commit it\n`);
      return EXIT.fails;
    }
    if (textsOf(folder) === texts) return ended;
    // A package manager may take from its own cache what was handed out under another policy.
    const after = await auditLockfiles(options, folder, io);
    return ended === 0 && after !== null ? after.status : ended;
  },
};

async function runPointed({ line: [program = '', ...args], env, past, close }: Pointed, io: Io): Promise<number> {
  if (past.length > 0) {
    const scopes = escapeText(past.join(', '), 200);
    io.stderr.write(
      `assay: Yarn asks the registries of ${scopes} itself, past the gate: what they serve is audited once it is locked\n`,
    );
  }
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

/** Audits the lockfiles of a folder; null where there are none, and where they have nothing yet. */
async function auditLockfiles(options: ParsedOptions, folder: string, io: Io): Promise<Audited | null> {
  if (lockfilesIn(folder).length === 0) return null;
  const { values } = options;
  const place = relative(io.cwd, folder) || '.';
  return withProjects([place], false, options, io, async ({ audit, projects, unread, policy }) => {
    const lockfiles = projects.flatMap((project) => project.lockfiles);
    if (unread.length === 0 && lockfiles.every(({ dependencies }) => dependencies.length === 0)) return null;
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
      locked: lockfiles.flatMap(({ dependencies }) => dependencies),
      ...(project && { baseline: project.baseline, store: project.store }),
    };
  });
}

/** Who is asked, and how what they say is judged, as the folder and the command line say. */
async function askedFor(
  { values, positionals }: ParsedOptions,
  audited: Audited | null,
  { folder, manager }: { readonly folder: string; readonly manager?: ManagerConfig | undefined },
  io: Io,
): Promise<Opening> {
  const policy = await loadPolicy(values, folder, io);
  const config = networkConfig(values, folder, io, manager);
  const redirects = policy?.policy.redirects ?? [];
  const phase = phaseOf(values, policy);
  const locked = audited?.locked ?? [];
  const isDirect = directNames(positionals, io);
  const ask = async (): Promise<Asked> => {
    const trust = startTrust(values, policy, config, io);
    const client = remembering(registryClient(config, { names: null, redirects }));
    const close = (): void => {
      client.close();
      trust.close();
    };
    try {
      return {
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
        isDirect: (name) => isDirect.has(name),
        allowedBy: () => null,
        now: Date.now,
        named: (name) => locked.filter((one) => one.name === name).map(({ version }) => version),
        close,
      };
    } catch (error) {
      close();
      throw error;
    }
  };
  return { config, ask, decidedBy: JSON.stringify([phase, policy?.policy ?? null]) };
}

/** Serves until it is stopped: 0. Throws UsageError. */
async function serve(options: ParsedOptions, io: Io): Promise<number> {
  const { listen, upstream, registry } = options.values;
  if (listen === undefined) {
    throw new UsageError(
      'gate needs a command: assay gate -- npm install axios; or --listen 127.0.0.1:4874 to serve until it is stopped',
    );
  }
  const place = placeOf(listen);
  const values = upstream === undefined ? options.values : { ...options.values, registry: upstream };
  if (upstream !== undefined && registry !== undefined) throw new UsageError('--upstream and --registry say the same');
  const opening = await askedFor({ ...options, values }, null, { folder: io.cwd }, io);
  const log = (line: string): void => io.stdout.write(`${line}\n`);
  let gate: GateServer;
  try {
    gate = await openStandingGate({ ...opening, ...place, keepsAddresses: () => false }, log);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const why = { EADDRINUSE: 'the port is taken', EACCES: 'permission denied', EADDRNOTAVAIL: 'no such address here' }[
      code
    ];
    throw new UsageError(`cannot listen at ${listen}: ${why ?? code}`);
  }
  io.stderr.write(
    `assay: the gate serves at ${gate.origin}/ what ${opening.config.registry} has; health at /-/assay/health\n`,
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

interface Opening {
  readonly config: NpmConfig;
  readonly ask: () => Promise<Asked>;
  readonly decidedBy: string;
}

/** What the project itself asks for, by its package.json and by the words of the command: both are direct. */
function directNames(words: readonly string[], io: Io): ReadonlySet<string> {
  const named = words.flatMap((word) => /^(?:@?[^@\s]+@npm:)?(@?[^@\s]+)(?:@.*)?$/.exec(word)?.[1] ?? []);
  const path = join(io.cwd, 'package.json');
  if (!existsSync(path)) return new Set(named);
  demandFile(path);
  const manifest = manifestFields('package.json', readFileSync(path, 'utf8'), 'npm');
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  return new Set([...named, ...kinds.flatMap((kind) => Object.keys(fieldsOf(manifest[kind])))]);
}

/** What the lockfiles of a folder say, to see whether they still do. */
function textsOf(folder: string): string {
  for (const path of lockfilesIn(folder)) demandFile(path);
  return JSON.stringify(lockfilesIn(folder).map((path) => [path, readFileSync(path, 'utf8')]));
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
