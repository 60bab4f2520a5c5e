import type { Capability } from '../../model/capability.ts';

/**
 * Modules that are a way to a capability: Node's own, and packages that are little more than a wrapper of those, so
 * that who imports one is as critical as who imports what it wraps. Subpaths count as their module.
 */
const MODULES: Readonly<Record<Exclude<Capability, 'install-script'>, readonly string[]>> = {
  network: [
    ...['http', 'https', 'http2', 'net', 'tls', 'dns', 'dgram', 'inspector'],
    ...['_http_agent', '_http_client', '_http_server', '_tls_wrap'],
    ...['undici', 'node-fetch', 'cross-fetch', 'isomorphic-fetch', 'axios', 'got', 'ky', 'needle', 'request', 'ws'],
    ...['superagent', 'follow-redirects', 'agent-base', 'http-proxy', 'https-proxy-agent', 'socket.io-client'],
  ],
  filesystem: [
    ...['fs', 'sqlite', 'wasi'],
    ...['fs-extra', 'graceful-fs', 'rimraf', 'mkdirp', 'glob', 'fast-glob', 'globby', 'chokidar', 'write-file-atomic'],
  ],
  process: ['child_process', 'cluster', 'execa', 'cross-spawn', 'shelljs', 'tinyexec', 'zx', 'node-pty'],
  environment: ['dotenv', 'dotenv-expand'],
  native: [
    ...['bindings', 'node-gyp', 'node-gyp-build', 'node-pre-gyp', '@mapbox/node-pre-gyp', 'prebuild-install'],
    ...['napi-postinstall', 'ffi-napi', 'ref-napi', 'koffi'],
  ],
};

const BY_NAME = new Map(
  (Object.keys(MODULES) as (keyof typeof MODULES)[]).flatMap((capability) =>
    MODULES[capability].map((name) => [name, capability] as const),
  ),
);

/** The capability of what an import names; null for what is none of these modules. */
export function capabilityOfModule(specifier: string): Capability | null {
  const [, name = ''] = /^(?:node:)?((?:@[^/]+\/)?[^/]+)/.exec(specifier) ?? [];
  return BY_NAME.get(name) ?? null;
}

/** Native parts by the packages that build, download or load them: who depends on one has some. */
export const NATIVE_HELPERS: readonly string[] = [...MODULES.native, 'nan', 'node-addon-api'];

/** Whether a text can name one of the modules of `capability` at all: a quick look before tokens are read. */
export function namesModule(text: string, capability: Capability): boolean {
  return capability !== 'install-script' && MODULES[capability].some((name) => text.includes(name));
}
