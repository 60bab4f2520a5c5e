import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BundleJson } from './sigstore/bundle.ts';
import { pem, sha256 } from './sigstore/keys.ts';
import { EARLIER_SHARDS, V1_TREE, type TransparencyLog } from './sigstore/rekor.ts';

/** What a log server answers: JSON, or bytes, or a status, which may lead elsewhere. */
type LogAnswer =
  { readonly json: unknown } | { readonly bytes: Buffer } | { readonly status: number; readonly location?: string };

/** A log of the lab as a server, which answers what its log has unless it is told otherwise. */
export interface LogServer {
  /** Without a last slash. */
  readonly url: string;
  /** `METHOD PATH` of every request, in order, with the text that was sent. */
  readonly requests: string[];
  readonly agents: Set<string>;
  /** What is answered in place of the truth; undefined leaves that. */
  lie: (path: string, body: string) => LogAnswer | undefined;
  /** Puts a bundle into the index of Rekor v1, under these keys besides its own. */
  readonly index: (bundle: BundleJson, keys?: readonly string[]) => void;
  readonly close: () => Promise<void>;
}

/** Serves what a log has as Rekor v1 does, or as the tiles of Rekor v2. */
export async function serveLog(log: TransparencyLog, api: 1 | 2): Promise<LogServer> {
  const index = new Map<string, Set<string>>();
  const truth = api === 1 ? rekor1(log, index) : rekor2(log);
  const state = { lie: (() => undefined) as LogServer['lie'] };
  const requests: string[] = [];
  const agents = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const path = request.url ?? '/';
      requests.push(`${request.method ?? ''} ${path}${body === '' ? '' : ` ${body}`}`);
      agents.add(request.headers['user-agent'] ?? '');
      send(response, state.lie(path, body) ?? truth(path, body));
    });
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    agents,
    get lie() {
      return state.lie;
    },
    set lie(lie) {
      state.lie = lie;
    },
    index: (bundle, keys = []) => {
      for (const { canonicalizedBody } of bundle.verificationMaterial.tlogEntries) {
        const uuid = uuidOf(Buffer.from(canonicalizedBody, 'base64'));
        for (const key of [...keysOf(bundle), ...keys]) index.set(key, (index.get(key) ?? new Set()).add(uuid));
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function send(response: ServerResponse, answer: LogAnswer): void {
  if ('status' in answer) {
    const { status, location } = answer;
    response.writeHead(status, location === undefined ? {} : { location }).end();
  } else response.writeHead(200).end('json' in answer ? JSON.stringify(answer.json) : answer.bytes);
}

const NOTHING: LogAnswer = { status: 404 };
type Truth = (path: string, body: string) => LogAnswer;

/** Id of an entry: its tree, and the hash of its leaf. */
export function uuidOf(bytes: Buffer): string {
  return V1_TREE.toString(16).padStart(16, '0') + sha256(Buffer.from([0]), bytes).toString('hex');
}

/** What Rekor v1 indexes of an envelope: its subjects, its payload, its certificate and the names in it. */
function keysOf({ dsseEnvelope, verificationMaterial: { certificate } }: BundleJson): readonly string[] {
  if (dsseEnvelope === undefined) return [];
  const payload = Buffer.from(dsseEnvelope.payload, 'base64');
  const { subject = [] } = JSON.parse(payload.toString()) as { subject?: { digest: Record<string, string> }[] };
  const subjects = subject.flatMap(({ digest }) => Object.entries(digest).map((parts) => parts.join(':')));
  const signer = certificate === undefined ? [] : [Buffer.from(certificate.rawBytes, 'base64')];
  return [
    ...subjects,
    `sha256:${sha256(payload).toString('hex')}`,
    ...signer.map((der) => `sha256:${sha256(Buffer.from(pem('CERTIFICATE', der))).toString('hex')}`),
  ];
}

function rekor1({ tree, entries, head, logId }: TransparencyLog, index: ReadonlyMap<string, Set<string>>): Truth {
  const answerOf = (position: number): LogAnswer => {
    const { bytes, entry = null } = entries[position] ?? {};
    if (bytes === undefined || entry === null) return NOTHING;
    const size = tree.size();
    const verification = {
      inclusionProof: {
        checkpoint: head(),
        hashes: tree.path(position, size).map((hash) => hash.toString('hex')),
        logIndex: position,
        rootHash: tree.root(size).toString('hex'),
        treeSize: size,
      },
      signedEntryTimestamp: entry.inclusionPromise?.signedEntryTimestamp,
    };
    const integratedTime = Number(entry.integratedTime);
    const logIndex = EARLIER_SHARDS + position;
    const json = {
      body: entry.canonicalizedBody,
      integratedTime,
      logID: logId.toString('hex'),
      logIndex,
      verification,
    };
    return { json: { [uuidOf(bytes)]: json } };
  };
  return (path, body) => {
    const { pathname, searchParams } = new URL(path, 'http://log.test');
    const number = (name: string): number => Number(searchParams.get(name));
    const id = /^\/api\/v1\/log\/entries\/(.*)$/.exec(pathname)?.[1];
    if (id !== undefined) return answerOf(entries.findIndex(({ bytes }) => uuidOf(bytes).endsWith(id)));
    switch (pathname) {
      case '/api/v1/log/entries':
        return answerOf(number('logIndex') - EARLIER_SHARDS);
      case '/api/v1/log':
        return {
          json: { inactiveShards: null, signedTreeHead: head(), treeID: String(V1_TREE), treeSize: tree.size() },
        };
      case '/api/v1/log/proof': {
        const [first, last] = [number('firstSize'), number('lastSize')];
        if (first < 1 || last > tree.size()) return { status: 400 };
        return { json: { hashes: tree.consistency(first, last).map((hash) => hash.toString('hex')) } };
      }
      case '/api/v1/index/retrieve': {
        const { hash, subject } = JSON.parse(body) as { hash?: string; subject?: string };
        return { json: [...(index.get(hash ?? subject ?? '') ?? [])] };
      }
      default:
        return NOTHING;
    }
  };
}

function rekor2({ tree, entries, head }: TransparencyLog): Truth {
  return (path) => {
    if (path === '/api/v2/checkpoint') return { bytes: Buffer.from(head()) };
    const [, kind = '', place = '', partial] = /^\/api\/v2\/tile\/(\w+)\/([x\d/]+)(?:\.p\/(\d+))?$/.exec(path) ?? [];
    const first = 256 * Number(place.replace(/\D/g, ''));
    const span = kind === 'entries' ? 1 : 256 ** Number(kind);
    const there = Math.min(256, Math.floor(tree.size() / span) - first);
    const width = Number(partial ?? 256);
    // A partial one is gone once there is the full one.
    if (kind === '' || width > there || (partial !== undefined && there === 256)) return NOTHING;
    const all = Array.from({ length: width }, (_, i) => first + i);
    if (kind !== 'entries') return { bytes: Buffer.concat(all.map((i) => tree.node(i, span))) };
    return { bytes: bundleOf(all.map((i) => entries[i]?.bytes ?? Buffer.alloc(0))) };
  };
}

/** Entries, each after its length in two bytes (C2SP tlog-tiles). */
export function bundleOf(entries: readonly Buffer[]): Buffer {
  return Buffer.concat(
    entries.flatMap((bytes) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      return [length, bytes];
    }),
  );
}
