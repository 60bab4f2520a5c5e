import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import build from '../package/build.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { hasCosign } from './cosign.ts';
import { install } from '../../scripts/sigstore-servers.mjs';
import { startTown, type Town } from './town.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Null where the servers cannot run on this machine. */
    town: Town | null;
  }
}

/** Installs and starts the servers before the tests, and ends them after. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const say = (line: string): void => void process.stdout.write(`real Sigstore servers: ${line}\n`);
  // Where others wait for the end, only what the build beside the other tests came to.
  const installed = install(say, { buildV1: process.env['CI'] === undefined });
  if ('missing' in installed) {
    say(`skipped: ${installed.missing}`);
    project.provide('town', null);
    return () => Promise.resolve();
  }
  if (!hasCosign) say('comparison with cosign skipped: no cosign 3 in PATH');
  const { missingV1 } = installed;
  if (missingV1 !== null) say(`Rekor v1 skipped, the lab's takes what npm signs: ${missingV1}`);
  build();
  const folder = mkdtempSync(join(tmpdir(), 'assay-town-'));
  try {
    const start = Date.now();
    const { town, stop } = await startTown(folder, installed.programs, missingV1 === null);
    say(`started in ${Date.now() - start} ms`);
    project.provide('town', town);
    return async () => {
      await stop();
      removeFolder(folder);
    };
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
}
