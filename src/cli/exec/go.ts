import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import { goManifestPath, goManifests, goUnhashed } from '../project/go-project.ts';
import { goSettingsIn } from '../project/go-source.ts';
import { above, auditedAt, demandAudited, demandPlace, type Check, type Held } from './check.ts';
import { readCommand, refuse, refuseUnlocked } from './programs/grammar.ts';
import { below, type Started } from './started.ts';
import { demandNoCode } from './variables.ts';
import { TEST } from './programs/go.ts';

/** Demands that a command of go builds what the audited sums hold, and nothing else. */
export const checkGo: Check = async (given, held) => {
  const { omit, io } = held;
  const started = inItsFolder(given);
  const { program, args } = started;
  const what = escapeText(['go', ...given.args].join(' '), 200);
  const { does, names } = readCommand(program.grammar, 'go', args);
  if (does === 'plain') return null;
  const { ofFiles } = goSettingsIn(io);
  // What go env -w has written counts where the environment has nothing.
  const own = Object.entries(io.env).filter(([, value]) => (value ?? '') !== '');
  const env: Io['env'] = Object.fromEntries([...ofFiles, ...own]);
  const folder = await demandPlace(started, { ...io, env });
  for (const [name, value] of ofFiles) demandNoCode(name, value, folder, io, 'go env -w');
  const [named = ''] = names.filter((word) => word.includes('@'));
  if (named !== '') refuseUnlocked(what);
  if (omit[0] !== undefined) {
    refuse(
      `${what} cannot be told to leave out ${omit[0]} dependencies, which go.sum does not tell apart: leave out --omit`,
    );
  }
  // GOFLAGS, in the environment or as go env -w has it, counts where the command does not say otherwise.
  const settings = goSettingsIn({ ...io, env: { ...io.env, ...started.env } });
  const flags = [...settings.flags].map(([name, value]) => `-${name}=${value}`);
  readCommand({ isGo: true, options: TEST, verbs: '' }, 'go with the GOFLAGS', flags);
  if ((env['GO111MODULE'] ?? '') === 'off') refuse(`GO111MODULE=off makes ${what} read no go.sum: unset it`);
  const { work } = settings;
  const workFile = work === 'auto' ? above(folder, 'go.work') : work === 'off' ? null : resolve(folder, work);
  if (workFile === null) demandModule(what, folder, held);
  else if (existsSync(workFile)) demandWorkspace(what, dirname(workFile), held);
  return null;
};

/** With `-C DIR`, which go takes as the first of all options, as the folder that it is started in. */
export function inItsFolder(started: Started): Started {
  const { args, within } = started;
  const at = args.findIndex((word) => word.startsWith('-'));
  const option = args[at] ?? '';
  if (!/^--?C(?:=|$)/.test(option)) return started;
  const isApart = !option.includes('=');
  const folder = isApart ? (args[at + 1] ?? '') : option.replace(/^--?C=/, '');
  const end = at + (isApart ? 2 : 1);
  return {
    ...started,
    within: below(within, folder),
    args: [...args.slice(0, at), ...args.slice(end)],
  };
}

/** Without sums go builds a module that has no dependencies, and one whose are vendored. */
function demandModule(what: string, folder: string, held: Held): void {
  const module = above(folder, 'go.mod');
  if (module === null) return;
  const sums = join(dirname(module), 'go.sum');
  if (existsSync(sums) || existsSync(join(dirname(module), 'vendor', 'modules.txt'))) demandAudited(sums, what, held);
}

/**
 * In a workspace go takes what no sum holds as it is served, and writes its sum into go.work.sum
 * (https://go.dev/ref/mod#workspaces).
 */
function demandWorkspace(what: string, root: string, held: Held): void {
  const { io } = held;
  const own = join(root, 'go.work.sum');
  // An audit of the workspace has the sums of all its modules.
  const isWhole = [own, join(root, 'go.sum')].some((file) => existsSync(file) && auditedAt(held, file) !== null);
  if (!isWhole) {
    const sums = [...goManifests(own, io).keys()].filter((key) => /(?:^|\/)go\.(?:work\.)?sum$/.test(key));
    for (const key of sums) demandAudited(join(root, goManifestPath(key)), what, held);
  }
  const [unheld] = goUnhashed(own, io);
  if (unheld === undefined) return;
  refuse(
    `${what} takes ${escapeText(unheld, 120)}, which no go.sum of the workspace has a hash of, as it is served: run go mod tidy in the module that requires it, then audit the workspace`,
  );
}
