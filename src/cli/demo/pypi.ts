import { ciWorkflow } from '../../../lab/index.ts';
import { githubPublisher, startPypiLab, type PypiLab } from '../../../lab/pypi/index.ts';
import { wheel } from '../../../lab/pypi/wheel.ts';
import { DAY, HOUR } from '../../model/time.ts';
import { trustOf, type Player, type Recorded } from './player.ts';

/** Files of a project by name. */
type Files = Readonly<Record<'pyproject.toml' | 'uv.lock', string>>;

const NOW = Date.parse('2024-12-07T03:27:00Z');

/** Publishes a package with attestations. In the second uv.lock, address and hash of its wheel are an attacker's. */
export function poisonPypi(lab: PypiLab, attacker: PypiLab): { readonly good: Files; readonly poisoned: Files } {
  const by = githubPublisher(ciWorkflow({ repository: 'example/router' }));
  const files = [wheel('router', '1.4.0', 'GREETING = "hello"\n')];
  const [own] = lab.publish({ name: 'router', version: '1.4.0', by, files, at: NOW - 100 * DAY });
  const evil = [wheel('router', '1.4.0', 'GREETING = "hello from the attacker"\n')];
  const [other] = attacker.publish({ name: 'router', version: '1.4.0', files: evil });
  const project =
    '[project]\nname = "project"\nversion = "1.0.0"\nrequires-python = ">=3.11"\ndependencies = ["router"]\n';
  const manifest = `${project}\n[[tool.uv.index]]\nurl = "${lab.index.replace(/\/$/, '')}"\ndefault = true\n`;
  const good = lab.uvLock('router@1.4.0');
  const poisoned = good
    .replace(own?.json.url ?? '', other?.json.url ?? '')
    .replace(own?.json.hashes['sha256'] ?? '', other?.json.hashes['sha256'] ?? '')
    .replace(/(hash = "[^"]*", size = )\d+/, `$1${other?.json.size ?? 0}`);
  return {
    good: { 'pyproject.toml': manifest, 'uv.lock': good },
    poisoned: { 'pyproject.toml': manifest, 'uv.lock': poisoned },
  };
}

/** What uv says of the poisoned project; `test/cli/demo-recorded.test.ts` asks it again. */
export const RECORDED_UV: Recorded = {
  by: 'uv 0.13.9',
  runs: [
    { command: 'uv lock --check', status: 0, says: [] },
    { command: 'uv sync --locked', status: 0, says: ['+ router==1.4.0'] },
    {
      command: "uv run --locked python -c 'import router; print(router.GREETING)'",
      status: 0,
      says: ['hello from the attacker'],
    },
  ],
};

/** A changed uv.lock, and ultralytics. */
export async function playPypi(player: Player): Promise<void> {
  const [lab, attacker] = [await startPypiLab({ now: NOW }), await startPypiLab({ now: NOW })];
  try {
    const scene = { registries: { pypi: lab.index }, trust: trustOf(lab.trustedRoot), now: NOW };
    const auditOf = (text: string, told: 'pass' | 'fail'): Promise<void> =>
      player.audit(scene, { file: 'uv.lock', text }, told);
    const { good, poisoned } = poisonPypi(lab, attacker);
    player.step(
      'A package whose files are attested by the workflow that built them. A uv.lock with what the index has:',
    );
    await auditOf(good['uv.lock'], 'pass');
    player.step("A pull request puts an attacker's address and hash into uv.lock. uv holds the bytes to that hash:");
    player.recorded(RECORDED_UV);
    player.step('assay holds the hash to the index and to the attestations:');
    await auditOf(poisoned['uv.lock'], 'fail');

    const by = githubPublisher(ciWorkflow({ repository: 'ultralytics/ultralytics' }));
    lab.publish({ name: 'ultralytics', version: '8.3.43', by, at: NOW - 2 * DAY });
    lab.publish({ name: 'ultralytics', version: '8.3.44', by, at: NOW - 36 * HOUR });
    lab.publish({ name: 'ultralytics', version: '8.3.46', at: NOW - HOUR });
    player.step(
      'December 2024: ultralytics 8.3.46 is uploaded with a token that was left over. The hash matches, and nothing on the way to the disk says what is missing:',
    );
    await auditOf(lab.uvLock('ultralytics@8.3.46'), 'fail');
    player.step(
      'Three days before, 8.3.41 came from a poisoned cache of the usual workflow. Its attestations are true: they prove who built it, not that it is good.',
    );
  } finally {
    await lab.close();
    await attacker.close();
  }
}
