import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import type { Published } from '../../lab/publish.ts';
import { npmProtocol, openGate, remembering, type Asked, type Gate } from '../../src/gate/index.ts';
import type { Phase } from '../../src/model/verdict.ts';
import { parseKeysDocument } from '../../src/registries/npm/keys.ts';
import { npmRegistry } from '../../src/registries/npm/index.ts';
import { parseTrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { testClient } from '../net/servers.ts';
import { withLab } from '../support/lab.ts';

export const TEAM = ciWorkflow({ repository: 'team/p' });

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** Whether all of it came. */
  readonly whole: boolean;
}

/** One request, as it is written. */
export function ask(
  gate: Pick<Gate, 'origin'>,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  { method = 'GET', body }: { readonly method?: string; readonly body?: Buffer } = {},
): Promise<Got> {
  const { hostname, port } = new URL(gate.origin);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      const done = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes: Buffer.concat(parts),
          text: Buffer.concat(parts).toString(),
          whole: response.complete,
        });
      response.on('close', done);
      response.on('error', () => undefined);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export function askedOf(
  lab: Lab,
  phase: Phase,
  keepsAddresses: (userAgent: string) => boolean = () => false,
  more: Partial<Asked> = {},
): Asked {
  const config = { registry: lab.url, scopes: new Map<string, string>() };
  const client = remembering(testClient());
  return {
    protocol: npmProtocol({
      upstream: { client, urlFor: () => lab.url, isAllowedAddress: () => false },
      keepsAddresses,
    }),
    audit: {
      registry: npmRegistry(client, config),
      trust: {
        root: parseTrustedRoot(lab.trustedRoot),
        rootName: 'lab',
        rootDigest: '',
        keys: parseKeysDocument(lab.keys, 'configured'),
      },
      enforce: phase,
    },
    locked: [],
    isDirect: () => false,
    allows: () => false,
    now: () => lab.clock.now(),
    close: () => client.close(),
    ...more,
  };
}

interface How {
  readonly phase?: Phase;
  readonly spoil?: (lab: Lab) => void;
  readonly more?: Partial<Asked>;
}

/** A gate before a registry with p 1.0.0 and 1.1.0 of a pipeline, and 1.2.0 of a stolen token. */
export async function withGate(
  work: (gate: Gate, lab: Lab & { readonly published: ReadonlyMap<string, Published> }) => Promise<void>,
  { phase = 'guard', spoil = () => undefined, more = {} }: How = {},
): Promise<void> {
  await withLab(async (lab) => {
    const published = new Map<string, Published>();
    for (const version of ['1.0.0', '1.1.0']) {
      published.set(version, await lab.publish({ name: 'p', version, by: TEAM }));
      lab.clock.advance(14 * 86_400_000);
    }
    await lab.publish({ name: 'p', version: '1.2.0', by: token({ user: 'somebody' }) });
    spoil(lab);
    const gate = await openGate({
      ask: () => Promise.resolve(askedOf(lab, phase, (agent) => agent.startsWith('npm/'), more)),
      decidedBy: phase,
      port: 0,
    });
    try {
      await work(gate, { ...lab, published });
    } finally {
      await gate.close();
    }
  });
}
