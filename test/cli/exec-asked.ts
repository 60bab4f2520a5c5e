import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NodeManager } from '../../src/model/dependency.ts';
import { whyNotRun } from '../../src/cli/exec/why-not.ts';
import { inFolder } from './run.ts';

const silent = { write: () => undefined, isTerminal: false, color: false, columns: 80, unicode: true };
/** Of which those in the folder itself were audited. */
const LOCKFILES = ['uv.lock', 'requirements.txt', 'Cargo.lock', 'go.sum', 'package-lock.json', 'poetry.lock'];
const FILES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['', 'other/'].flatMap((at) => LOCKFILES.map((name) => [at + name, '{}']))),
  ...Object.fromEntries(['', 'other/'].map((at) => [`${at}Cargo.toml`, '[package]\nname = "a"\nversion = "1.0.0"\n'])),
  ...Object.fromEntries(['', 'other/'].map((at) => [`${at}go.mod`, 'module m.example\n'])),
  'pyproject.toml': '[project]\nname = "p"\nversion = "1"\n',
  'package.json': '{}',
  'other/package.json': '{}',
  'main.py': 'print(1)\n',
  'script.py': '#!/usr/bin/env python3\n# /// script\n# dependencies = ["six"]\n# ///\nimport six\n',
  'cr.py': 'import os\r# /// script\r# dependencies = ["six"]\r# ///\r',
  'cache/x': '',
  'folder.py/__main__.py': '',
};

export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly omit?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  /** Called in the folder once its files are there. */
  readonly then?: (folder: string) => void;
}

/** Why a command line is not run where all lockfiles of its folder were audited. */
export function asked(
  line: string | readonly string[],
  { env = {}, omit = [], files = {}, then = () => undefined }: Given = {},
): Promise<string | null> {
  return inFolder((folder) => {
    for (const [name, content] of Object.entries({ ...FILES, ...files })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    then(folder);
    const io = { cwd: folder, env: { HOME: folder, ...env }, stdout: silent, stderr: silent };
    const audited = [
      ...LOCKFILES,
      ...Object.keys(files).filter((name) => name.includes('lock') && !/[/\\]/.test(name)),
    ].map((name) => ({
      path: join(folder, name),
      manager: MANAGERS[name] ?? null,
    }));
    return whyNotRun(typeof line === 'string' ? line.split(' ') : line, audited, io, omit);
  });
}

const MANAGERS: Readonly<Record<string, NodeManager>> = {
  'package-lock.json': 'npm',
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
};

export const inShell = (text: string): readonly string[] => ['sh', '-c', text];
