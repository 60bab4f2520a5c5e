import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { token, type Lab } from '../../lab/index.ts';
import { openGate } from '../../src/gate/index.ts';
import { openCache, type Cache } from '../../src/store/store.ts';
import { withLab } from '../support/lab.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { ask, askedOf, TEAM } from './npm-world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
/** Fifty requests: of each package its document and the tarballs of what is proven and of what is not. */
const PATHS = Array.from({ length: 10 }, () => NAMES.map((name) => `/${name}/-/${name}-1.0.0.tgz`)).flat();

async function served(lab: Lab, cache: Cache | null, paths: readonly string[]): Promise<readonly number[]> {
  const asked = askedOf(lab, 'guard');
  const gate = await openGate({
    ask: () => Promise.resolve({ ...asked, audit: { ...asked.audit, store: cache } }),
    decidedBy: '',
    port: 0,
  });
  const answers = await Promise.all(paths.map((path) => ask(gate, path)));
  await gate.close();
  cache?.close();
  return answers.map(({ status }) => status);
}

it('two gates on one cache answer rightly, and what either has judged is known to the next', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  try {
    await withLab(async (lab) => {
      for (const name of NAMES) await lab.publish({ name, version: '1.0.0', by: TEAM });
      lab.clock.advance(14 * 86_400_000);
      for (const name of NAMES) await lab.publish({ name, version: '1.0.1', by: token({ user: 'somebody' }) });
      const opened = (): Cache | null =>
        openCache({ folder: join(folder, 'cache'), keyFile: join(folder, 'key') }, 'gate');
      const [first, second] = [opened(), opened()];
      const stolen = NAMES.map((name) => `/${name}/-/${name}-1.0.1.tgz`);
      const [left, right] = [
        [...PATHS.slice(0, 50).filter((path) => !path.startsWith('/e')), ...stolen.slice(0, 4)],
        [...PATHS.filter((path) => /^\/[cde]/.test(path)), ...stolen.slice(2)],
      ];
      const right200 = (paths: readonly string[]): readonly number[] =>
        paths.map((path) => (path.endsWith('1.0.1.tgz') ? 403 : 200));
      const [ofLeft, ofRight] = await Promise.all([served(lab, first, left), served(lab, second, right)]);
      expect(ofLeft).toEqual(right200(left));
      expect(ofRight).toEqual(right200(right));
      const from = lab.requests.length;
      const all = [...PATHS, ...stolen];
      expect(await served(lab, opened(), all)).toEqual(right200(all));
      const again = lab.requests.slice(from).map(({ url }) => url);
      expect(again.filter((url) => url.includes('attestations'))).toEqual([]);
    });
  } finally {
    removeFolder(folder);
  }
});
