import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { audit, type BaselineInUse } from '../../audit.ts';
import type { Baseline } from '../../model/baseline.ts';
import { formatBaseline } from '../../policy/baseline-text.ts';
import { updateBaseline } from '../../policy/baseline-update.ts';
import { renderUpdate } from '../../report/update.ts';
import type { Command } from '../command.ts';
import { exitStatus, UsageError } from '../exit.ts';
import { loadPolicy } from '../policy.ts';
import { progressOn } from '../progress.ts';
import { baselinePath, findLockfile, loadBaseline, projectManifests } from '../project.ts';
import { loadTrust, openRegistry, readUserFile, shownPath } from '../setup.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE]',
  summary: 'bring assay.lock up to the lockfile; takes in only what passes',
  options: ['registry', 'trusted-root', 'registry-keys', 'policy'],
  run: async ({ values, positionals }, io) => {
    if (positionals.length > 1) throw new UsageError('update takes one directory or lockfile');
    const path = findLockfile(positionals[0] ?? '.', io);
    const policy = loadPolicy(values, dirname(path), io);
    const trust = loadTrust(values, policy, io);
    const bytes = readUserFile(path, 'the lockfile', io);
    const baseline = loadBaseline(path, io);
    const registry = openRegistry(values, dirname(path), io);
    const progress = progressOn(io.stderr, 'assay: verified');
    try {
      const report = await audit({
        ...{
          file: shownPath(path, io),
          bytes,
          manifests: projectManifests(path, io),
          registry,
          trust,
          policy,
          baseline,
        },
        ...{ now: Date.now(), enforce: 'observe', omit: [], onProgress: progress.update },
      });
      progress.end();
      const update = updateBaseline(baseline.content, report.dependencies);
      writeBaseline(baselinePath(path), baseline, update.baseline);
      io.stdout.write(renderUpdate(baseline.file, update, io.stdout));
      return exitStatus(report.verdict);
    } finally {
      progress.end();
      registry.close();
    }
  },
};

/** Writes the file whole or not at all, and not where nothing changed: git may have given it other line ends. */
function writeBaseline(path: string, { content }: BaselineInUse, updated: Baseline): void {
  const text = formatBaseline(updated);
  if (content === null ? updated.packages.size === 0 : formatBaseline(content) === text) return;
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
