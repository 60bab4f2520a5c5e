import { dirname } from 'node:path';
import { audit } from '../../audit.ts';
import { renderJson } from '../../report/json.ts';
import { renderTerminal } from '../../report/terminal.ts';
import type { Command } from '../command.ts';
import { exitStatus, UsageError } from '../exit.ts';
import { loadPolicy } from '../policy.ts';
import { progressOn } from '../progress.ts';
import { findLockfile, loadBaseline, projectManifests } from '../project.ts';
import { loadTrust, omitOf, openRegistry, phaseOf, readUserFile, shownPath } from '../setup.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE]',
  summary: 'verify everything the lockfile names',
  options: ['registry', 'trusted-root', 'registry-keys', 'policy', 'enforce', 'omit', 'reverify', 'json'],
  run: async ({ values, positionals }, io) => {
    if (positionals.length > 1) throw new UsageError('audit takes one directory or lockfile');
    const path = findLockfile(positionals[0] ?? '.', io);
    const policy = loadPolicy(values, dirname(path), io);
    const enforce = phaseOf(values, policy);
    const omit = omitOf(values);
    const trust = loadTrust(values, policy, io);
    const bytes = readUserFile(path, 'the lockfile', io);
    const baseline = loadBaseline(path, io);
    const reverify = values.reverify === true;
    const registry = openRegistry(values, dirname(path), io);
    const progress = progressOn(io.stderr, 'assay: verified');
    try {
      const now = Date.now();
      const file = shownPath(path, io);
      const manifests = projectManifests(path, io);
      const onProgress = progress.update;
      const report = await audit({
        ...{ file, bytes, manifests, registry, trust, now, enforce, policy, omit, onProgress },
        ...{ baseline, reverify },
      });
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
