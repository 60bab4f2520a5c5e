/**
 * Reads a generated log of Rekor v2 from beginning to end as `assay log watch` does, from files in memory, beside a
 * plain read (one copy) of the same bytes, at several sizes. Prints entries a second of CPU, and the memory that is
 * kept while it reads.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ciWorkflow } from '../lab/index.ts';
import { bundleOf } from '../lab/logs.ts';
import { startSigstore } from '../lab/sigstore/index.ts';
import { newTree } from '../lab/sigstore/merkle.ts';
import type { LogContext } from '../src/logs/context.ts';
import { readHead } from '../src/logs/heads.ts';
import { placesOf } from '../src/logs/places.ts';
import { createScan } from '../src/logs/scan.ts';
import { tailLog } from '../src/logs/tail.ts';
import type { HttpClient } from '../src/net/request.ts';
import { createPathVerifier } from '../src/sigstore/chain.ts';
import { parseTrustedRoot } from '../src/sigstore/trusted-root.ts';
import { PURPOSE } from '../src/sigstore/x509.ts';

/** Different entries; a log repeats them, as far as the time that reading takes is concerned. */
const KINDS = 256;

interface Log {
  readonly head: string;
  readonly file: (path: string) => Buffer | null;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { entries: { type: 'string', default: '10000,100000,400000' } } });
  const now = Date.UTC(2026, 3, 1);
  const sigstore = startSigstore(() => now, { start: now - 1e10, end: now + 1e10 });
  const bodies = entriesOf(sigstore);
  const root = parseTrustedRoot(sigstore.trustedRoot);
  const place = placesOf(root, new Map()).find(({ api }) => api === 2);
  if (place === undefined) throw new Error('the lab has no log of Rekor v2');
  process.stdout.write(
    '| entries | MB | plain read, CPU s | watch, CPU s | entries/s of CPU | hits | heap kept, MB |\n' +
      '| --- | --- | --- | --- | --- | --- | --- |\n',
  );
  for (const size of values.entries.split(',').map(Number)) {
    const log = logOf(sigstore, bodies, size);
    const head = readHead(place, log.head);
    if ('word' in head) throw new Error(head.reason);
    let bytes = 0;
    const http: HttpClient = {
      get: (url) => {
        const body = log.file(new URL(url).pathname);
        bytes += body?.length ?? 0;
        return Promise.resolve(body === null ? { kind: 'absent' } : { kind: 'ok', status: 200, body, headers: {} });
      },
      close: () => undefined,
    };
    const context: LogContext = {
      http,
      paths: createPathVerifier(root.certificateAuthorities, PURPOSE.codeSigning),
      witnesses: [],
    };
    const plain = cpuOf(() => plainRead(log, size));
    const scan = createScan({ repositoryIds: [WANTED], subjects: [], digests: [] });
    let hits = 0;
    let most = 0;
    const before = heapNow();
    const start = process.cpuUsage();
    for await (const chunk of tailLog(context, head, 0n, scan)) {
      if ('word' in chunk) throw new Error(`${chunk.word}: ${chunk.reason}`);
      hits += chunk.hits.length;
      most = Math.max(most, heapNow() - before);
    }
    const { user, system } = process.cpuUsage(start);
    const watch = (user + system) / 1e6;
    if (hits !== Math.ceil(size / KINDS)) throw new Error(`${hits} entries found of ${Math.ceil(size / KINDS)}`);
    const numbers = [size, (bytes / 1e6).toFixed(0), plain.toFixed(2), watch.toFixed(2)];
    process.stdout.write(`| ${[...numbers, (size / watch).toFixed(0), hits, (most / 1e6).toFixed(1)].join(' | ')} |\n`);
  }
}

/** What is in use, garbage left out, with what buffers hold. */
function heapNow(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The id that is looked for: of one entry in `KINDS`. */
const WANTED = '4242';

function entriesOf(sigstore: ReturnType<typeof startSigstore>): readonly Buffer[] {
  const { v2 } = sigstore.rekor;
  const before = v2.entries.length;
  for (let i = 0; i < KINDS; i += 1) {
    const workflow = i === 0 ? { repository: 'team/ours', repositoryId: WANTED } : { repository: `team/p${i}` };
    sigstore.signStatement({ i }, { identity: ciWorkflow(workflow).identity }, { log: 'v2', payloadType: 'x' });
  }
  return v2.entries.slice(before).map(({ bytes }) => bytes);
}

/** A log of so many entries: its tree as one that grows, its bundles and tiles made when they are asked for. */
function logOf(sigstore: ReturnType<typeof startSigstore>, bodies: readonly Buffer[], size: number): Log {
  const tree = newTree();
  for (let i = 0; i < size; i += 1) tree.append(bodies[i % KINDS] ?? Buffer.alloc(0));
  const full = bundleOf(bodies);
  return {
    head: sigstore.rekor.v2.head(size, [], tree),
    file: (path) => {
      const [, kind = '', place = ''] = /\/tile\/(\w+)\/([x\d/]+)(?:\.p\/\d+)?$/.exec(path) ?? [];
      const first = 256 * Number(place.replace(/\D/g, ''));
      const span = kind === 'entries' ? 1 : 256 ** Number(kind);
      const width = Math.min(256, Math.floor(size / span) - first);
      if (kind === '' || width < 1) return null;
      // A bundle begins with the first of the kinds, as there are as many as it holds.
      if (kind === 'entries') return width === 256 ? full : bundleOf(bodies.slice(0, width));
      return Buffer.concat(Array.from({ length: width }, (_, i) => tree.node(first + i, span)));
    },
  };
}

function plainRead({ file }: Log, size: number): void {
  let sum = 0;
  for (let index = 0; index * 256 < size; index += 1) {
    const bytes = file(`/api/v2/tile/entries/${String(index).padStart(12, '0')}`) ?? Buffer.alloc(0);
    sum += Buffer.from(bytes).length;
  }
  if (sum === 0) throw new Error('nothing was read');
}

function cpuOf(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

await main();
