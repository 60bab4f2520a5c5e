import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GoSource } from '../../ecosystems/go/source.ts';
import { goSettings, userFileOf, type GoSettings } from '../../lockfiles/go/settings/index.ts';
import type { NetConfig } from '../../net/config.ts';
import { createHttpClient } from '../../net/client.ts';
import { environmentNetwork } from '../../net/environment.ts';
import { goProxy } from '../../registries/goproxy/index.ts';
import { databaseAddress, proxySettings, type ProxySettings } from '../../registries/goproxy/settings.ts';
import type { Io } from '../io.ts';
import { demandFile, readUserFile, shownPath } from '../user-files.ts';
import { netrcOf } from './netrc.ts';
import { toOtherThan } from './redirects.ts';

/** How Go modules are asked for, under the settings of the go command. */
export interface GoAsking {
  readonly config: NetConfig;
  readonly settings: ProxySettings;
  /** The newest head of the database that the go command has kept; null where there is none. */
  readonly machine: GoSource['machine'];
  readonly moduleCache: GoSource['moduleCache'];
  readonly readsCache: GoSource['readsCache'];
}

/** Reads the settings of the go command, wherever they come from. Throws LockfileError for what it stops at, too. */
export function goSettingsIn(io: Io): GoSettings {
  const userFile = userFileOf(io.env, process.platform);
  const root = io.env['GOROOT'] ?? '';
  return goSettings({
    environment: io.env,
    userFile: userFile === null ? null : bytesOf(userFile, io),
    rootFile: root === '' ? null : bytesOf(join(root, 'go.env'), io),
    platform: process.platform,
  });
}

/** How modules are asked for, under these settings. Throws LockfileError for what cannot be asked. */
export function goAsking(io: Io): GoAsking {
  const all = goSettingsIn(io);
  const settings = proxySettings(all, netrcOf(io));
  const config = environmentNetwork(io.env, settings.credentials);
  return {
    config: io.answers === undefined ? config : { ...config, through: io.answers.through },
    settings,
    machine: machineHead(all, settings, io),
    moduleCache: all.moduleCache,
    // A pack has what was asked for, and answers for it.
    readsCache: io.answers === undefined,
  };
}

/** Opens the module proxies that the settings name. The caller closes it. */
export function openGo({ config, settings, ...ofMachine }: GoAsking): GoSource {
  const { proxies, database } = settings;
  const addresses = [...proxies.map(({ url }) => url), ...(database === null ? [] : [databaseAddress(database)])];
  const hosts = new Set(addresses.map((address) => new URL(address).host));
  return { proxy: goProxy(createHttpClient(config, { refuseRedirect: toOtherThan(hosts) }), settings), ...ofMachine };
}

function machineHead({ path }: GoSettings, { database }: ProxySettings, io: Io): GoSource['machine'] {
  if (path === null || database === null) return null;
  const file = join(path, 'pkg', 'sumdb', database.key.name, 'latest');
  const note = bytesOf(file, io)?.toString('utf8') ?? '';
  // The go command makes the file before it has anything to write into it.
  return note === '' ? null : { file: shownPath(file, io), note };
}

/** Null where there is no such file. Throws UsageError where it cannot be read. */
function bytesOf(path: string, io: Io): Buffer | null {
  if (!existsSync(path)) return null;
  demandFile(path);
  return readUserFile(path, 'the settings of Go', io);
}
