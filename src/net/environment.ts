import type { NamedProxy, NetConfig } from './config.ts';
import type { Credentials } from './credentials.ts';

/** Of what the environment says of proxies, the first name that is set. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Connections per host: as many as an audit has questions under way. */
const MAX_SOCKETS = 64;

/** How programs reach servers that read the proxies of the environment, and no file of npm's: go and cargo. */
export function environmentNetwork(env: Environment, credentials: Credentials): NetConfig {
  const first = (...names: readonly string[]): Variable | null => {
    const name = names.find((one) => (env[one] ?? '') !== '');
    return name === undefined ? null : { name, value: env[name] ?? '' };
  };
  const bypass = (first('NO_PROXY', 'no_proxy')?.value ?? '').split(',').map((entry) => entry.trim());
  return {
    credentials,
    proxy: {
      http: proxyOf(first('HTTP_PROXY', 'http_proxy')),
      https: proxyOf(first('HTTPS_PROXY', 'https_proxy')),
      // This machine is asked itself, whatever the variables say: the go command does so, too.
      bypass: [...bypass.filter((entry) => entry !== ''), 'localhost', '127.0.0.1', '[::1]'],
    },
    tls: { ca: null, strict: true },
    retry: { retries: 3, factor: 3, minMs: 500, maxMs: 15_000 },
    timeoutMs: 120_000,
    maxSockets: MAX_SOCKETS,
    userAgent: null,
  };
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

function proxyOf(variable: Variable | null): NamedProxy | null {
  if (variable === null) return null;
  const { name, value } = variable;
  const url = value.includes('://') ? value : `http://${value}`;
  return URL.canParse(url) ? { url, namedBy: name } : null;
}
