import type { NewestMod } from '../../checks/go/retractions.ts';
import { readRetractions } from '../../lockfiles/go/retractions.ts';
import type { Evidence } from '../../model/evidence.ts';
import { LockfileError } from '../../readers/error.ts';
import { goModHashOf } from '../../readers/module-zip.ts';
import type { GoProxy, ModuleVersion } from '../../registries/goproxy/index.ts';
import { keptAnswer, type Asking } from './kept.ts';
import { newest } from './questions.ts';

/** The longest have some ten thousand bytes. */
const MAX_MOD_BYTES = 1024 * 1024;

/** What the highest version of each module takes back; `absent` where there is no go.mod that could. */
export async function askRetractions(
  modules: readonly Pick<ModuleVersion, 'name'>[],
  asking: Asking,
): Promise<ReadonlyMap<string, Evidence<NewestMod>>> {
  const names = [...new Set(modules.map(({ name }) => name))];
  return new Map(await Promise.all(names.map(async (name) => [name, await askOnce(name, asking)] as const)));
}

function askOnce(name: string, asking: Asking): Promise<Evidence<NewestMod>> {
  return keptAnswer(['go retractions', 2, name], asking, () => askNewest(name, asking.proxy));
}

async function askNewest(name: string, proxy: GoProxy): Promise<Evidence<NewestMod>> {
  const list = await proxy.list(name);
  if (list.state !== 'present' && list.state !== 'absent') return list;
  const listed = list.state === 'present' ? list.value : [];
  // A version that is +incompatible has no go.mod of its own.
  const withMod = listed.filter((version) => !version.endsWith('+incompatible'));
  if (listed.length > 0 && withMod.length === 0) return { state: 'absent', url: proxy.url };
  let version = newest(withMod);
  if (version === null) {
    const latest = await proxy.latest(name);
    if (latest.state !== 'present') return latest;
    ({ version } = latest.value);
  }
  const mod = await proxy.file({ name, version }, 'mod', MAX_MOD_BYTES);
  if (mod.state !== 'present') return mod;
  try {
    const retractions = readRetractions('go.mod', mod.value.toString('utf8'));
    return { state: 'present', value: { version, hash: goModHashOf(mod.value), retractions } };
  } catch (error) {
    if (!(error instanceof LockfileError)) throw error;
    return { state: 'malformed', url: `${name}@${version}`, reason: error.message };
  }
}
