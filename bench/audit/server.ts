import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { newBehaviours } from '../../lab/behaviours.ts';
import { type Answer, json } from '../../lab/registry.ts';
import { type LoggedRequest, serve } from '../../lab/server.ts';
import * as der from '../../lab/sigstore/der.ts';
import { newKey, pem } from '../../lab/sigstore/keys.ts';
import * as x509 from '../../lab/sigstore/x509.ts';
import { NPM_KEYS } from '../../src/registries/npm/keys.ts';
import { ABBREVIATED, readTree } from './tree.ts';
import { tufRepository } from '../../lab/tuf.ts';

/** Where npm asks for its trust, and what it calls the place in its cache. */
export const TUF_HOST = 'tuf-repo-cdn.sigstore.dev';

/** Where everybody asks for npm's keys. */
const NPM_HOST = 'registry.npmjs.org';

/** Where everything is, for the clients. */
export interface Served {
  /** Base address of the registry with a trailing slash. */
  readonly registry: string;
  /** A proxy that leads to the TUF repository, and nowhere else. */
  readonly proxy: string;
  /** PEM of the certificate of that repository. */
  readonly certificate: string;
  /** The repository's root metadata. */
  readonly tufRoot: string;
}

/** What was asked for since it was last told. Bytes are those of the bodies as they were sent. */
export interface Traffic {
  readonly requests: number;
  readonly bytes: number;
  readonly kinds: Readonly<Partial<Record<Kind, { readonly requests: number; readonly bytes: number }>>>;
}

type Kind = 'documents' | 'manifests' | 'attestations' | 'tarballs' | 'keys' | 'trust';

/** Messages of the process that measures: how long each answer takes from now on, or what the traffic was. */
export type Command = { readonly latencyMs: number } | 'traffic';

/** Serves a generated tree in this process until the one that started it is gone. */
export async function serveTree(folder: string): Promise<void> {
  const tree = readTree(folder);
  const bodies = readFileSync(join(folder, 'bodies.bin'));
  const answers = new Map<string, Answer>();
  for (const { key, type, etag, gzip, start, end } of tree.answers) {
    const bytes = bodies.subarray(start, end);
    answers.set(key, {
      type,
      etag,
      gzip: gzip ? bytes : null,
      get body() {
        return gzip ? gunzipSync(bytes) : bytes;
      },
    });
  }
  const keys = json(tree.keys);
  if (keys !== null) answers.set('-/npm/v1/keys', keys);
  const find = (path: string, accept: string): Answer | null =>
    (accept.includes(ABBREVIATED) ? answers.get(`abbreviated ${path}`) : undefined) ?? answers.get(path) ?? null;

  let latencyMs = 0;
  const requests: LoggedRequest[] = [];
  const registry = await serve({
    behaviours: newBehaviours(),
    requests,
    get latencyMs() {
      return latencyMs;
    },
    requireToken: null,
    answer: find,
  });
  const { host } = new URL(registry.url);
  const tuf = tufRepository({
    targets: {
      'trusted_root.json': tree.trustedRoot,
      [`${host}/keys.json`]: tree.tufKeys,
      [`${NPM_HOST}/keys.json`]: npmKeys(),
    },
    hosts: [host, NPM_HOST],
    oneKey: true,
    consistent: false,
  });
  const trust = newCounter();
  const { key, certificate } = tlsIdentity();
  const tufServer = createTlsServer({ key, cert: certificate }, (request, response) => {
    const body = tuf.files.get(decodeURIComponent(request.url ?? '').slice(1)) ?? null;
    const etag = body === null ? '' : `"${createHash('sha256').update(body).digest('hex')}"`;
    const unchanged = body !== null && request.headers['if-none-match'] === etag;
    trust.add(unchanged ? 0 : (body?.length ?? 0));
    setTimeout(() => {
      if (body === null) response.writeHead(404).end();
      else if (unchanged) response.writeHead(304, { etag }).end();
      else response.writeHead(200, { etag }).end(body);
    }, latencyMs);
  });
  const tufPort = await listen(tufServer);
  const proxy = createServer((_, response) => response.writeHead(405).end());
  proxy.on('connect', (request, client) => {
    if (request.url !== `${TUF_HOST}:443`) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const upstream = connect(tufPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    for (const [one, other] of [[client, upstream] as const, [upstream, client] as const]) {
      one.on('error', () => other.destroy());
    }
  });
  const proxyPort = await listen(proxy);

  process.on('disconnect', () => process.exit());
  process.on('message', (command: Command) => {
    if (command === 'traffic') process.send?.(trafficOf(requests.splice(0), find, trust.take()));
    else latencyMs = command.latencyMs;
  });
  const served: Served = {
    registry: registry.url,
    proxy: `http://127.0.0.1:${proxyPort}`,
    certificate,
    tufRoot: tuf.root.toString(),
  };
  process.send?.(served);
}

function trafficOf(
  requests: readonly LoggedRequest[],
  find: (path: string, accept: string) => Answer | null,
  trust: { readonly requests: number; readonly bytes: number },
): Traffic {
  const kinds = new Map<Kind, ReturnType<typeof newCounter>>();
  for (const { url, headers } of requests) {
    const path = decodeURIComponent(url.split('?')[0] ?? '').slice(1);
    const answer = find(path, headers.accept ?? '');
    const counter = kinds.get(kindOf(path)) ?? newCounter();
    kinds.set(kindOf(path), counter);
    counter.add(answer === null || headers['if-none-match'] === answer.etag ? 0 : (answer.gzip ?? answer.body).length);
  }
  const counted = [...kinds].map(([kind, counter]) => [kind, counter.take()] as const);
  const all = [...counted, ...(trust.requests > 0 ? [['trust', trust] as const] : [])];
  return {
    requests: all.reduce((sum, [, count]) => sum + count.requests, 0),
    bytes: all.reduce((sum, [, count]) => sum + count.bytes, 0),
    kinds: Object.fromEntries(all),
  };
}

/** npm's keys as its target has them: those that assay knows already. */
function npmKeys(): object {
  const time = (instant: number): string => new Date(instant).toISOString();
  const keys = NPM_KEYS.map(({ keyId, usage, spki, start, end }) => ({
    keyId,
    keyUsage: usage,
    publicKey: {
      rawBytes: spki,
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: time(start), ...(end === null ? {} : { end: time(end) }) },
    },
  }));
  return { keys };
}

function kindOf(path: string): Kind {
  if (path.startsWith('-/npm/v1/attestations/')) return 'attestations';
  if (path.startsWith('-/')) return 'keys';
  if (path.includes('/-/')) return 'tarballs';
  return path.split('/').length > (path.startsWith('@') ? 2 : 1) ? 'manifests' : 'documents';
}

function newCounter(): { add: (bytes: number) => void; take: () => { requests: number; bytes: number } } {
  let counted = { requests: 0, bytes: 0 };
  return {
    add: (bytes) => {
      counted.requests += 1;
      counted.bytes += bytes;
    },
    take: () => {
      const taken = counted;
      counted = { requests: 0, bytes: 0 };
      return taken;
    },
  };
}

/** A key and a self-signed certificate for the TUF host, valid today. */
function tlsIdentity(): { key: string; certificate: string } {
  const key = newKey('P-256');
  const day = 86_400_000;
  const { certificate } = x509.issue(key, {
    subject: x509.distinguishedName('lab.test', TUF_HOST),
    spki: key.spki,
    notBefore: Date.now() - day,
    notAfter: Date.now() + day,
    extensions: [
      x509.certificateAuthority(0),
      // GeneralName (RFC 5280, 4.2.1.6): [2] dNSName.
      x509.extension('2.5.29.17', der.sequence(der.taggedPrimitive(2, Buffer.from(TUF_HOST)))),
    ],
  });
  return {
    key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem('CERTIFICATE', certificate),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
