import { tmpdir } from 'node:os';
import type { Sources } from '../../ecosystems/ecosystem.ts';
import { goSettings } from '../../lockfiles/go/settings/index.ts';
import { createHttpClient } from '../../net/client.ts';
import { environmentNetwork } from '../../net/environment.ts';
import { proxySettings } from '../../registries/goproxy/settings.ts';
import { loadNpmConfig } from '../../registries/npm/config/npmrc.ts';
import { settingsOf } from '../../registries/pypi/config/indexes.ts';
import { npmRegistry } from '../../registries/npm/index.ts';
import type { GoAsking } from '../project/go-source.ts';
import { openSources } from '../project/registry.ts';

/** The registries of a replay, by their addresses; those left out are not asked. */
export interface Replayed {
  readonly npm?: string;
  /** The variables that lead the go command to a module proxy and a checksum database. */
  readonly go?: Readonly<Record<string, string>>;
  /** An index by the simple repository interface. */
  readonly pypi?: string;
  /** A sparse index. */
  readonly crates?: string;
}

/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:9/';
const NO_NETWORK = environmentNetwork({}, new Map());

const ALONE = { refuseRedirect: () => 'and the demo asks its own registry alone' } as const;

/**
 * Runs `work` with these registries as an audit sees any: nothing is remembered from one run to the next, nothing of
 * the user's configuration applies, and nobody else is asked.
 */
export async function withSources<T>(
  { npm = NOBODY, go, pypi, crates }: Replayed,
  work: (sources: Sources) => Promise<T>,
): Promise<T> {
  const folder = tmpdir();
  const config = loadNpmConfig({
    ...{ cwd: folder, env: {}, homedir: folder, platform: process.platform },
    overrides: { registry: npm },
  });
  const { sources, close } = openSources(npmRegistry(createHttpClient(config, ALONE), config), {
    go: go === undefined ? null : goAskingOf(go),
    pypi:
      pypi === undefined
        ? null
        : {
            config: NO_NETWORK,
            settings: settingsOf({ url: pypi, by: 'the demo' }, []),
            environmentFor: () => null,
          },
    crates:
      crates === undefined
        ? null
        : {
            main: { config: NO_NETWORK, url: crates, namedBy: null, hosts: new Set() },
            beside: new Map(),
            machine: { kept: folder, readsCache: false, vendored: null },
          },
  });
  try {
    return await work(sources);
  } finally {
    close();
  }
}

function goAskingOf(environment: Readonly<Record<string, string>>): GoAsking {
  const settings = goSettings({ environment, userFile: null, rootFile: null, platform: process.platform });
  return {
    ...{ config: NO_NETWORK, settings: proxySettings(settings, new Map()) },
    ...{ machine: null, moduleCache: null, readsCache: false },
  };
}
