import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmProtocol, remembering } from '../../../gate/index.ts';
import { fieldsOf } from '../../../model/value.ts';
import { manifestFields } from '../../../readers/manifest.ts';
import type { NpmConfig } from '../../../registries/npm/config/npmrc.ts';
import { registryOf } from '../../../registries/npm/index.ts';
import type { Io } from '../../io.ts';
import { managerConfigs } from '../../project/manager-config.ts';
import { networkConfig, registryBy, registryClient } from '../../project/registry.ts';
import { demandFile } from '../../user-files.ts';
import type { ClientContext, GateClient, Upstream } from '../common/kind.ts';
import { pointAt, type NodeGateCommand } from './point.ts';
import { writtenBy } from './written.ts';

/** npm, pnpm, Yarn or Bun, as its settings are. */
export function nodeClient(command: NodeGateCommand, { values, line, redirects, io }: ClientContext): GateClient {
  const { manager, folder } = command;
  const [managerConfig] = managerConfigs([{ manager }], folder, io);
  const config = networkConfig(values, folder, io, managerConfig);
  const direct = directNames(line, io);
  return {
    network: config,
    open: () => openNpm(config, { redirects, io, keepsAddresses: (agent) => agent.startsWith('npm/') }),
    isDirect: (name) => direct.has(name),
    point: (gate, env) => pointAt(gate, line, command, config, managerConfig?.files ?? [], env),
    written: writtenBy(manager, config),
  };
}

/** Opens the registries of npm's kind that the settings name. The caller closes it. */
export function openNpm(
  config: NpmConfig,
  {
    redirects,
    io,
    keepsAddresses,
  }: Pick<ClientContext, 'redirects' | 'io'> & Pick<Parameters<typeof npmProtocol>[0], 'keepsAddresses'>,
): Upstream {
  const client = remembering(registryClient(config, { names: null, redirects }));
  const upstream = {
    client,
    urlFor: (name: string | null) => (name === null ? config.registry : registryOf(name, config)),
    isAllowedAddress: (url: string) => redirects.some((address) => url.startsWith(address)),
  };
  return {
    protocol: npmProtocol({ upstream, keepsAddresses }),
    sources: { registry: registryBy(client, config, io) },
    close: () => client.close(),
  };
}

/** What the project itself asks for, by its package.json and by the words of the command: both are direct. */
function directNames(words: readonly string[], io: Io): ReadonlySet<string> {
  const named = words.flatMap((word) => /^(?:@?[^@\s]+@npm:)?(@?[^@\s]+)(?:@.*)?$/.exec(word)?.[1] ?? []);
  const path = join(io.cwd, 'package.json');
  if (!existsSync(path)) return new Set(named);
  demandFile(path);
  const manifest = manifestFields('package.json', readFileSync(path, 'utf8'), 'npm');
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  return new Set([...named, ...kinds.flatMap((kind) => Object.keys(fieldsOf(manifest[kind])))]);
}
