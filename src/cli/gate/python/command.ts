import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tellsByText } from '../../../lockfiles/index.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { above } from '../../exec/check.ts';
import { readCommand, refuse, type Command } from '../../exec/programs/grammar.ts';
import { demandNoScript } from '../../exec/python.ts';
import { demandKnown } from '../../exec/started.ts';
import type { Io } from '../../io.ts';
import { isLockfile } from '../../project/listing.ts';
import { uvWorkspaceAbove } from '../../project/python-not-used.ts';
import { isSet } from '../../project/uv-settings.ts';
import {
  demandPlain,
  demandSameVariables,
  refuseProgram,
  refuseTwoKinds,
  type GateCommand,
  type Reading,
} from '../common/kind.ts';
import { pythonClient } from './client.ts';
import { AT_GATE, LEADING } from './programs.ts';

/** Reads a command of pip or uv. Throws UsageError. */
export function pythonAtGate(reading: Reading): GateCommand {
  const { started, line, shown, io, inner } = reading;
  const { program, args } = started;
  const grammar = Object.hasOwn(AT_GATE, program.name) ? AT_GATE[program.name] : undefined;
  if (grammar === undefined) return refuseProgram(program.name, shown);
  const at = demandPlain(reading);
  demandSameVariables(reading);
  demandKnown(started);
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined);
  const leading = own.find((word) => isLeading(word.replace(/=.*/s, ''), program.name));
  const lead = (by: string): never =>
    refuse(
      `${by} would lead ${program.name} past the gate: write the one index into the settings of ${program.name}, where assay reads it; not run: ${shown}`,
    );
  const command = leading === undefined || program.name === 'uv' ? tryRead() : null;
  if (leading !== undefined && command?.rest.includes(leading) !== true) {
    lead(escapeText(leading.replace(/=.*/s, ''), 80));
  }
  if (command === null) return refuseProgram(program.name, shown);
  const start = resolve(io.cwd, started.within ?? '.');
  const run = command.does === 'runs' ? inner(demandNoScript(command, shown, start), started) : null;
  if (run !== null && !['pip', 'uv'].includes(run.manager)) refuseTwoKinds(shown);
  const isProject = program.name === 'uv' && !command.verb.startsWith('pip ');
  const folder = isProject ? projectAt(start, io) : start;
  const files = isProject ? filesOf(command, '-r', '--requirements') : requirementsOf(command);
  return {
    manager: program.name === 'uv' ? 'uv' : 'pip',
    folder,
    at,
    lockfiles: () =>
      (isProject ? [join(folder, 'uv.lock')] : files.map((file) => resolve(start, file))).filter(isThere),
    client: (context) => {
      // What it starts in turn has settings of its own.
      run?.client(context);
      return pythonClient(
        {
          program,
          calledAs: line[at - 1] ?? program.name,
          folder,
          start,
          files,
          names: command.names,
          isFrozen: isProject && ['locked', 'frozen'].some((name) => isOn(name, command, io)),
          lead,
        },
        context,
      );
    },
  };

  function tryRead(): Command | null {
    try {
      return readCommand(grammar ?? { options: '', verbs: '' }, program.name, args);
    } catch (error) {
      if (leading !== undefined) return null;
      throw error;
    }
  }
}

/** pip takes the beginning of an option for it, and several of one letter in one word. */
function isLeading(word: string, program: string): boolean {
  if (/^-[if]/.test(word)) return true;
  if (program === 'uv') return LEADING.includes(word) && word !== '--isolated';
  return word.length > 3 && LEADING.some((one) => one.startsWith(word));
}

function isOn(name: string, { given, verb }: Command, io: Io): boolean {
  return verb !== 'lock' && (given.has(`--${name}`) || isSet(io.env[`UV_${name.toUpperCase()}`]));
}

function filesOf({ given }: Command, ...options: readonly string[]): readonly string[] {
  return options.flatMap((option) => given.get(option) ?? []);
}

function requirementsOf(command: Command): readonly string[] {
  const named = filesOf(command, '-r', '--requirement', '--requirements', '-c', '--constraint', '--constraints');
  const own = /^pip (?:sync|compile)$/.test(command.verb) ? command.names : [];
  return [...named, ...own, ...filesOf(command, '--build-constraint')];
}

/** Whether a file is there that locks: of requirements, one with hashes. */
function isThere(path: string): boolean {
  if (!existsSync(path)) return false;
  return (
    /(?:^|[/\\])(?:uv\.lock|pylock(?:\.[^./\\]+)?\.toml)$/.test(path) ||
    (tellsByText(path) !== null && isLockfile(path))
  );
}

/** The folder with the uv.lock of a project: of its workspace, where it is in one. */
function projectAt(start: string, io: Io): string {
  const lockfile = above(start, 'uv.lock');
  if (lockfile !== null) return dirname(lockfile);
  const project = above(start, 'pyproject.toml');
  if (project === null) return start;
  return uvWorkspaceAbove(dirname(project), io)?.folder ?? dirname(project);
}
