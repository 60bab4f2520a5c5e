import { hash } from 'node:crypto';
import type { NewestMod } from '../../checks/go/retractions.ts';
import { readRetractions } from '../../lockfiles/go/retractions.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { Store } from '../../model/store.ts';
import { HOUR, type Instant } from '../../model/time.ts';
import { LockfileError } from '../../readers/error.ts';
import { goModHashOf } from '../../readers/module-zip.ts';
import type { GoProxy, ModuleVersion } from '../../registries/goproxy/index.ts';
import { newest } from './questions.ts';

/** For how long an answer is not asked for again. */
const KEPT_MS = HOUR;
/** The longest have some ten thousand bytes. */
const MAX_MOD_BYTES = 1024 * 1024;

interface Asking {
  readonly proxy: GoProxy;
  /** Keeps answers for a while. */
  readonly store: Store | null;
  readonly now: Instant;
}

interface Kept {
  readonly asked: Instant;
  readonly mod: NewestMod;
}

/** What the highest version of each module takes back; `absent` where there is no go.mod that could. */
export async function askRetractions(
  modules: readonly Pick<ModuleVersion, 'name'>[],
  asking: Asking,
): Promise<ReadonlyMap<string, Evidence<NewestMod>>> {
  const names = [...new Set(modules.map(({ name }) => name))];
  return new Map(await Promise.all(names.map(async (name) => [name, await askOnce(name, asking)] as const)));
}

async function askOnce(name: string, asking: Asking): Promise<Evidence<NewestMod>> {
  const { proxy, store, now } = asking;
  const id = hash('sha256', JSON.stringify(['go retractions', 1, proxy.url, name]));
  const bytes = store?.get(id) ?? null;
  if (bytes !== null) {
    const { asked, mod } = JSON.parse(bytes.toString('utf8')) as Kept;
    if (asked <= now && now - asked < KEPT_MS) return { state: 'present', value: mod };
  }
  const found = await askNewest(name, proxy);
  if (found.state === 'present') {
    store?.put(id, Buffer.from(JSON.stringify({ asked: now, mod: found.value } satisfies Kept)));
  }
  return found;
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
