import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assayHere } from './in-process.ts';
import { inFolder } from './run.ts';

const LOCK = JSON.stringify({
  ...{ name: 'p', lockfileVersion: 3 },
  packages: { '': { name: 'p', dependencies: { a: '1.0.0' } }, 'node_modules/a': { version: '1.0.0' } },
});

describe('an address where a file is meant', () => {
  it.each([
    ['audit', '--policy'],
    ['audit', '--trusted-root'],
    ['audit', '--registry-keys'],
    ['audit', '--evidence'],
    ['audit', '--advisories'],
    ['pack', '--output', 'e.tar', '--since'],
    ['log', 'verify', '--fork'],
    ['verify-bundle', '--certificate-identity', 'x', '--certificate-oidc-issuer', 'y', 'package-lock.json', '--bundle'],
  ])('is named, with what to do: %s %s', async (...args) => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'package-lock.json'), LOCK);
      const { status, stdout, stderr } = await assayHere([...args, 'https://files.test/x'], folder);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        /^assay: cannot read [^\n]*https:\/\/?files\.test\/x: it is an address, [^\n]*: download it/,
      );
      expect(stderr.match(/\n/g)).toHaveLength(1);
    });
  });
});

describe('--evidence where a command has no use for it', () => {
  it.each([
    [['log', 'search', 'p'], /^assay: assay log takes no --evidence: no pack has answers of logs; .*verify-bundle/],
    [['log', 'watch', 'p', '--webhook', 'https://x.test/'], /^assay: assay log takes no --evidence: no pack has/],
    [['pack', '--output', 'o.tar'], /^assay: assay pack takes no --evidence: it asks the network, .*--since PACK/],
    [['demo'], /^assay: assay demo takes no --evidence: it asks nobody, and needs none\n$/],
    [['verify-bundle'], /^assay: assay verify-bundle takes no --evidence: it asks nobody, and needs none\n$/],
  ])('says which and why: %s', async (args, line) => {
    await inFolder(async (folder) => {
      const { status, stderr } = await assayHere([...args, '--evidence', 'e.tar'], folder);
      expect([status, stderr]).toEqual([2, expect.stringMatching(line)]);
    });
  });
});
