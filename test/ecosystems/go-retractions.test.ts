import { describe, expect, it } from 'vitest';
import { askRetractions } from '../../src/ecosystems/go/retractions.ts';
import { HOUR } from '../../src/model/time.ts';
import { createHttpClient } from '../../src/net/client.ts';
import { environmentNetwork } from '../../src/net/environment.ts';
import { goProxy } from '../../src/registries/goproxy/index.ts';
import { proxySettings } from '../../src/registries/goproxy/settings.ts';
import { goSettings } from '../../src/lockfiles/go/settings/index.ts';
import { withGoLab } from '../support/go-lab.ts';

const NOW = Date.UTC(2026, 10, 30);

describe('what is kept of retractions', () => {
  it('counts for an hour, in neither direction longer, and for one proxy', () =>
    withGoLab(async (lab) => {
      const kept = new Map<string, Buffer>();
      const store = {
        get: (id: string) => kept.get(id) ?? null,
        put: (id: string, bytes: Buffer) => void kept.set(id, bytes),
      };
      const ask = async (now: number, url = lab.env['GOPROXY'] ?? ''): Promise<string> => {
        const environment = { ...lab.env, GOPROXY: url };
        const settings = goSettings({ environment, userFile: null, rootFile: null, platform: 'linux' });
        const proxy = goProxy(
          createHttpClient(environmentNetwork({}, new Map()), { refuseRedirect: () => null }),
          proxySettings(settings, new Map()),
        );
        const found = (await askRetractions([{ name: 'a.example/a' }], { proxy, store, now })).get('a.example/a');
        proxy.close();
        return found?.state === 'present' ? found.value.version : (found?.state ?? 'none');
      };
      expect(await ask(NOW)).toBe('absent');
      lab.publish('a.example/a', 'v1.0.0');
      expect(await ask(NOW)).toBe('v1.0.0');
      lab.publish('a.example/a', 'v1.1.0');
      lab.publish('a.example/a', 'v2.0.0+incompatible');
      expect(await ask(NOW + HOUR - 1)).toBe('v1.0.0');
      expect(await ask(NOW, `${lab.url}other,${lab.url.slice(0, -1)}`)).toBe('v1.1.0');
      expect(await ask(NOW - 1)).toBe('v1.1.0');
      expect(await ask(NOW + HOUR)).toBe('v1.1.0');
      lab.answerWith('a.example/a/@v/list', 'v2.0.0+incompatible\n');
      expect(await ask(NOW + 9 * HOUR)).toBe('absent');
    }));
});
