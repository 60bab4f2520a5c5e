import type { InfoSaid } from '../../checks/go/info.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { ModuleVersion } from '../../registries/goproxy/index.ts';
import { keptAnswer, type Asking } from './kept.ts';

/** When a version was made, and where the proxy had it from. */
export function askInfo({ name, version }: ModuleVersion, asking: Asking): Promise<Evidence<InfoSaid>> {
  return keptAnswer(['go info', 1, name, version], asking, async () => {
    const answer = await asking.proxy.info(name, version);
    if (answer.state !== 'present') return answer;
    const { time, origin, version: said } = answer.value;
    if (said === version) return { state: 'present', value: { time, origin } };
    return { state: 'malformed', url: `${name}@${version}`, reason: 'it is about another version' };
  });
}
