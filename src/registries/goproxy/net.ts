import type { NetConfig } from '../../net/config.ts';
import type { Credentials } from '../../net/credentials.ts';

/** Of what the environment says of proxies, the first name that is set. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Connections per host: as many as an audit has questions under way. */
const MAX_SOCKETS = 64;

/** How the go command reaches servers: by the proxies of the environment, and no file of npm's. */
export function goNetwork(env: Environment, credentials: Credentials): NetConfig {
  const first = (...names: readonly string[]): string | null => {
    const name = names.find((one) => (env[one] ?? '') !== '');
    return name === undefined ? null : (env[name] ?? null);
  };
  const bypass = (first('NO_PROXY', 'no_proxy') ?? '').split(',').map((entry) => entry.trim());
  return {
    credentials,
    proxy: {
      http: proxyAddress(first('HTTP_PROXY', 'http_proxy')),
      https: proxyAddress(first('HTTPS_PROXY', 'https_proxy')),
      // The go command asks this machine itself, whatever the variables say.
      bypass: [...bypass.filter((entry) => entry !== ''), 'localhost', '127.0.0.1', '[::1]'],
    },
    tls: { ca: null, strict: true },
    retry: { retries: 3, factor: 3, minMs: 500, maxMs: 15_000 },
    timeoutMs: 120_000,
    maxSockets: MAX_SOCKETS,
    userAgent: null,
  };
}

function proxyAddress(text: string | null): string | null {
  if (text === null) return null;
  const address = text.includes('://') ? text : `http://${text}`;
  return URL.canParse(address) ? address : null;
}
