import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { audit } from '../../audit.ts';
import { LOCKFILE_NAMES } from '../../lockfiles/index.ts';
import { renderJson } from '../../report/json.ts';
import { renderTerminal } from '../../report/terminal.ts';
import type { Command } from '../command.ts';
import { exitStatus, UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { progressOn } from '../progress.ts';
import { loadTrust, omitOf, openRegistry, phaseOf, readUserFile, shownPath } from '../setup.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE]',
  summary: 'verify everything the lockfile names',
  options: ['registry', 'trusted-root', 'registry-keys', 'enforce', 'omit', 'json'],
  run: async ({ values, positionals }, io) => {
    if (positionals.length > 1) throw new UsageError('audit takes one directory or lockfile');
    const path = findLockfile(positionals[0] ?? '.', io);
    const enforce = phaseOf(values);
    const omit = omitOf(values);
    const trust = loadTrust(values, io);
    const bytes = readUserFile(path, 'the lockfile', io);
    const registry = openRegistry(values, dirname(path), io);
    const progress = progressOn(io.stderr, 'assay: verified');
    try {
      const now = Date.now();
      const file = shownPath(path, io);
      const manifests = projectManifests(path);
      const onProgress = progress.update;
      const report = await audit({ file, bytes, manifests, registry, trust, now, enforce, omit, onProgress });
      progress.end();
      if (report.dependencies.length === 0) {
        const why = report.counts.omitted > 0 ? 'every dependency is left out by --omit' : 'it names no dependency';
        throw new UsageError(`nothing to check in ${file}: ${why}`);
      }
      io.stdout.write(values.json === true ? renderJson(report) : renderTerminal(report, io.stdout));
      return exitStatus(report.verdict);
    } finally {
      progress.end();
      registry.close();
    }
  },
};

/** The package.json beside the lockfile: version 1 lockfiles do not repeat what the project itself depends on. */
function projectManifests(lockfile: string): ReadonlyMap<string, string> {
  const path = join(dirname(lockfile), 'package.json');
  return existsSync(path) ? new Map([['', readFileSync(path, 'utf8')]]) : new Map();
}

/** The lockfile itself, or the one npm would use in a directory. */
function findLockfile(path: string, io: Io): string {
  const absolute = resolve(io.cwd, path);
  if (!existsSync(absolute)) throw new UsageError(`no such file or directory: ${path}`);
  if (!statSync(absolute).isDirectory()) return absolute;
  const found = LOCKFILE_NAMES.map((name) => join(absolute, name)).find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  const hint = existsSync(join(absolute, 'package.json')) ? '; npm install --package-lock-only writes one' : '';
  throw new UsageError(`no lockfile in ${shownPath(path, io)} (looked for ${LOCKFILE_NAMES.join(', ')})${hint}`);
}
