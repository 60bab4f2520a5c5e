import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** A Node to run the package on; `binary` is null where it cannot be had, and `name` then says so. */
export interface NodeUnderTest {
  readonly name: string;
  readonly binary: string | null;
}

/** This Node, and Node 24 where this one is another. */
export function nodesUnderTest(): readonly NodeUnderTest[] {
  const own = { name: `Node ${process.versions.node}`, binary: process.execPath };
  if (process.versions.node.startsWith('24.')) return [own];
  const found = spawnSync(process.execPath, [join(import.meta.dirname, '../../scripts/node24.mjs')], {
    encoding: 'utf8',
  });
  if (found.status === 0) return [own, { name: 'Node 24', binary: found.stdout.trim() }];
  return [own, { name: `Node 24 (skipped: ${found.stderr.trim()})`, binary: null }];
}
