import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assayClient, type Client, type Expected, isolated, isolatedWithTrust, npmClient } from './clients.ts';
import type { Measured } from './measure.ts';
import { type Command, type Served, type Traffic, TUF_HOST } from './server.ts';
import { readTree, type TreeIndex } from './tree.ts';

/**
 * `first`: nothing known. `warm`: the same again. `baseline`: assay.lock has the whole tree. `changed`: it has all but
 * one package. The latter two with empty caches.
 */
export type RunName = 'npm cold' | 'npm warm' | OwnRun;
export type OwnRun = 'first' | 'warm' | 'baseline' | 'changed';

export type Sample = Pick<Measured, 'wallMs' | 'cpuMs' | 'peakBytes'> & Traffic;

/** One run of each. */
export type Round = Readonly<Record<RunName, Sample>>;
type OwnRound = Readonly<Record<OwnRun, Sample>>;
/** One run of each by two builds of assay. */
export type Pair = Readonly<Record<'now' | 'before', OwnRound>>;

export interface Bench {
  readonly tree: TreeIndex;
  /** Runs everything once, one after the other. */
  readonly round: (latencyMs: number, npmFirst: boolean) => Promise<Round>;
  /** Runs everything of assay once by this build and once by the one before. */
  readonly pair: (latencyMs: number, nowFirst: boolean) => Promise<Pair>;
  /** Runs `client` where nothing is known, and then again. */
  readonly twice: (client: Client, latencyMs: number) => Promise<readonly [Sample, Sample]>;
  /** The built command line under Node options. */
  readonly assay: (...nodeOptions: readonly string[]) => Client;
  readonly close: () => void;
}

interface Setup {
  /** Of the generated tree. */
  readonly folder: string;
  /** An empty folder for everything that is written. */
  readonly work: string;
  readonly cli: string;
  /** The command line of the build that `pair` compares with. */
  readonly before: string | null;
  /** The script that serves a tree where its arguments are `serve FOLDER`. */
  readonly script: string;
}

/** A command line, with the projects whose assay.lock it wrote. */
interface Build {
  readonly program: string;
  readonly baseline: string;
  readonly changed: string;
}

/** Starts the server and prepares the projects. The caller closes it. */
export async function openBench({ folder, work, cli, before, script }: Setup): Promise<Bench> {
  const tree = readTree(folder);
  const server = fork(script, ['serve', folder], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    const served = (await message(server)) as Served;
    const outputs = join(work, 'outputs');
    mkdirSync(outputs, { recursive: true });
    const file = (name: string, content: object): string => {
      writeFileSync(join(work, name), JSON.stringify(content));
      return join(work, name);
    };
    const trust = [
      ...['--trusted-root', file('trusted-root.json', tree.trustedRoot)],
      ...['--registry-keys', file('keys.json', tree.keys)],
      ...['--tuf', `https://${TUF_HOST}/`, '--tuf-root', file('tuf-root.json', JSON.parse(served.tufRoot) as object)],
    ];
    const installed = install(folder, isolated(join(work, 'install'), served));
    const bare = copyProject(folder, join(work, 'bare'));
    /** A build with the projects that have its assay.lock. */
    const prepare = (name: string, program: string): Build => {
      const [baseline, changed] = ['baseline', 'changed'].map((kind) =>
        copyProject(folder, join(work, `${name}-${kind}`)),
      ) as [string, string];
      const env = isolatedWithTrust(join(work, `${name}-update`), served);
      execute(process.execPath, [program, 'update', ...trust], baseline, env);
      const lock = readFileSync(join(baseline, 'assay.lock'), 'utf8');
      writeFileSync(join(changed, 'assay.lock'), without(lock, tree.changed));
      return { program, baseline, changed };
    };
    const builds = { now: prepare('now', cli), before: before === null ? null : prepare('before', before) };

    let states = 0;
    const fresh = (): string => join(work, `state-${(states += 1)}`);
    const sample = async (client: Client, state: string, project: string, expected: Expected): Promise<Sample> => {
      await ask(server, 'traffic');
      const { wallMs, cpuMs, peakBytes } = await client(state, project, expected);
      return { wallMs, cpuMs, peakBytes, ...((await ask(server, 'traffic')) as Traffic) };
    };
    const { packages, attested } = tree;
    const all: Expected = { packages, attested, held: 0 };
    const npm = npmClient(served, outputs);
    const assay = (...program: readonly string[]): Client => assayClient(served, outputs, program, trust);

    const twiceIn = async (client: Client, project: string): Promise<readonly [Sample, Sample]> => {
      const state = fresh();
      const samples = [await sample(client, state, project, all), await sample(client, state, project, all)] as const;
      rmSync(state, { recursive: true });
      return samples;
    };
    const once = async (program: string, project: string, expected: Expected): Promise<Sample> => {
      const state = fresh();
      const measured = await sample(assay(program), state, project, expected);
      rmSync(state, { recursive: true });
      return measured;
    };
    const ours = async ({ program, baseline, changed }: Build): Promise<OwnRound> => {
      const [first, warm] = await twiceIn(assay(program), bare);
      return {
        first,
        warm,
        baseline: await once(program, baseline, { packages, attested: 0, held: packages }),
        changed: await once(program, changed, { packages, attested: 1, held: packages - 1 }),
      };
    };
    const setLatency = (latencyMs: number): boolean => server.send({ latencyMs } satisfies Command);
    return {
      tree,
      assay: (...nodeOptions) => assay(...nodeOptions, cli),
      twice: (client, latencyMs) => {
        setLatency(latencyMs);
        return twiceIn(client, bare);
      },
      round: async (latencyMs, npmFirst) => {
        setLatency(latencyMs);
        const ofNpm = async () => {
          const [cold, again] = await twiceIn(npm, installed);
          return { 'npm cold': cold, 'npm warm': again };
        };
        if (npmFirst) return { ...(await ofNpm()), ...(await ours(builds.now)) };
        return { ...(await ours(builds.now)), ...(await ofNpm()) };
      },
      pair: async (latencyMs, nowFirst) => {
        setLatency(latencyMs);
        if (builds.before === null) throw new Error('there is no build to compare with');
        if (nowFirst) return { now: await ours(builds.now), before: await ours(builds.before) };
        return { before: await ours(builds.before), now: await ours(builds.now) };
      },
      close: () => server.kill(),
    };
  } catch (error) {
    server.kill();
    throw error;
  }
}

/** The project with its packages installed, as npm wants it. It stays with the tree. */
function install(tree: string, env: Readonly<Record<string, string>>): string {
  const installed = join(tree, 'installed');
  if (existsSync(installed)) return installed;
  const temporary = copyProject(tree, `${installed}.${process.pid}.tmp`);
  try {
    execute('npm', ['ci', '--ignore-scripts', '--no-audit'], temporary, env);
    renameSync(temporary, installed);
  } catch (error) {
    // Somebody else may have been faster.
    if (!existsSync(installed)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
  return installed;
}

/** The project without packages and without a baseline. */
function copyProject(tree: string, to: string): string {
  cpSync(join(tree, 'project'), to, { recursive: true });
  return to;
}

/** A baseline without the lines of one package. */
function without(baseline: string, name: string): string {
  const lines = baseline.split('\n');
  // Builds that wrote version 1 of the file have names without their ecosystem.
  const isOf = (line: string): boolean =>
    ['', 'npm:'].some((of) => [' ', '@'].some((end) => line.startsWith(of + name + end)));
  const kept = lines.filter((line) => !isOf(line));
  if (kept.length === lines.length) throw new Error(`the baseline has no ${name}`);
  return kept.join('\n');
}

function execute(command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): void {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 600_000,
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${status}:\n${stdout}\n${stderr}`);
}

function ask(server: ChildProcess, command: Command): Promise<unknown> {
  const answer = message(server);
  server.send(command);
  return answer;
}

/** The next message of the server; rejects where it ends instead. */
function message(server: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the server ended'));
    if (!server.connected) {
      ended();
      return;
    }
    server.once('exit', ended);
    server.once('message', (received) => {
      server.off('exit', ended);
      resolve(received);
    });
  });
}
