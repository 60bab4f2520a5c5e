import { spawnSync } from 'node:child_process';

const { status, stdout } = spawnSync('cosign', ['version'], { encoding: 'utf8' });

/** Earlier ones read no entry of Rekor v2. */
export const hasCosign = status === 0 && /^GitVersion:\s+v3\./m.test(stdout);
