import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BundleJson } from '../../lab/sigstore/bundle.ts';
import type { TrustedRootJson } from '../../lab/sigstore/index.ts';
import { tufRepository } from '../../lab/tuf.ts';
import { assayInside } from '../cli/inside.ts';
import { inFolder } from '../cli/run.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { namedInRoot, newLog } from './keys.ts';
import { serveFiles } from './listen.ts';
import { newProcesses, type Processes } from './processes.ts';
import { sign } from './sign.ts';
import { verdictOf, withServers } from './support.ts';
import { startRekor } from './town.ts';

const TEAM = 'acme/widget';
const MESSAGE = Buffer.from('what was built');

withServers('a log that goes on in another shard', (town) => {
  let folder: string;
  let processes: Processes;
  let before: BundleJson;
  let after: BundleJson;
  let rotated: TrustedRootJson;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'assay-town-shard-'));
    processes = newProcesses(folder);
    before = await sign(town(), { content: { message: MESSAGE }, by: TEAM });
    const shard = newLog(folder, 'log2.town.test');
    const rekor = await startRekor(processes, town().programs['rekor-tiles'], folder, shard);
    after = await sign(town(), { content: { message: MESSAGE }, by: TEAM, rekor });
    const { tlogs, ...rest } = town().trustedRoot;
    // As Sigstore's own: the old one gets an end.
    const ended = tlogs.map((log) => ({
      ...log,
      publicKey: { ...log.publicKey, validFor: { ...log.publicKey.validFor, end: new Date().toISOString() } },
    }));
    rotated = { ...rest, tlogs: [...ended, namedInRoot(shard)] };
  });

  afterAll(async () => {
    await processes.stopAll();
    removeFolder(folder);
  });

  const logOf = (bundle: BundleJson): string | undefined => bundle.verificationMaterial.tlogEntries[0]?.logId.keyId;

  it('is another log by its key', () => {
    expect(logOf(after)).not.toBe(logOf(before));
  });

  it.each([
    ['a bundle of the old shard', 'the root of before', null],
    ['a bundle of the old shard', 'the root of after', null],
    ['a bundle of the new shard', 'the root of before', 'log-unknown'],
    ['a bundle of the new shard', 'the root of after', null],
  ])('%s under %s', async (signed, root, refusal) => {
    await inFolder(async (place) => {
      const verdict = await verdictOf(place, {
        bundle: signed.includes('old') ? before : after,
        artifact: MESSAGE,
        root: root.endsWith('before') ? town().trustedRoot : rotated,
        by: TEAM,
      });
      expect(verdict).toMatchObject({ status: refusal === null ? 0 : 1, refusal });
    });
  });

  it('the new shard comes with the next refresh of trust', async () => {
    const tuf = tufRepository({ targets: { 'trusted_root.json': town().trustedRoot } });
    const mirror = await serveFiles((path) => tuf.files.get(path) ?? null);
    try {
      await inFolder(async (place) => {
        const env = { ASSAY_CACHE: join(place, 'kept') };
        const args = ['trust', 'refresh', '--tuf', mirror.url, '--tuf-root', 'root.json', '--json'];
        writeFileSync(join(place, 'root.json'), tuf.root);
        const shownLogs = async (): Promise<string[]> => {
          const { status, stdout } = await assayInside(args, place, env);
          expect(status).toBe(0);
          return [...new Set(stdout.match(/log\d\.town\.test/g))].sort();
        };
        expect(await shownLogs()).toEqual(['log1.town.test']);
        tuf.publish({ 'trusted_root.json': rotated });
        expect(await shownLogs()).toEqual(['log1.town.test', 'log2.town.test']);
      });
    } finally {
      await mirror.close();
    }
  });
});
