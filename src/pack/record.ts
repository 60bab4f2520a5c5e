import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../store/temporary.ts';
import type { GetOptions, HttpAnswer, HttpClient, Sink } from '../net/request.ts';
import { answerWith } from './content.ts';
import { PIECE_BYTES } from './layout.ts';

/** A content that was received, in a file of its own. */
export interface Received {
  readonly sha256: string;
  readonly size: number;
  readonly path: string;
}

/** What an address answered. */
type Recorded = { readonly kind: 'ok'; readonly content: Received } | Exclude<HttpAnswer, { kind: 'ok' | 'unchanged' }>;

interface Question {
  readonly asker: { readonly isClosed: boolean };
  readonly answer: Promise<Recorded>;
}

/** Asks, and writes down what is answered. One address is asked once, whoever asks. */
export interface Recorder {
  /** A client that records. Closing it ends only what it asks itself. */
  readonly through: (live: () => HttpClient) => HttpClient;
  /** What was answered by now, by address. */
  readonly recorded: () => Promise<ReadonlyMap<string, Recorded>>;
  /** Keeps bytes beside what was received. */
  readonly keep: (bytes: Buffer) => Received;
  /** Removes everything that was received. */
  readonly close: () => void;
}

export function createRecorder(): Recorder {
  const folder = temporaryFolder('pack');
  const asked = new Map<string, Question>();
  let files = 0;
  const newPath = (): string => join(folder.path, String((files += 1)));

  function keep(bytes: Buffer): Received {
    const path = newPath();
    writeFileSync(path, bytes, { mode: 0o600 });
    return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, path };
  }

  async function ask(client: HttpClient, url: string, options: GetOptions): Promise<Recorded> {
    const { accept, maxBytes, timeoutMs, auth, sink } = options;
    let current: FileSink | null = null;
    const toFile = (): Sink => {
      // Another attempt starts anew.
      current?.end();
      return (current = createFileSink(newPath()));
    };
    const answer = await client.get(url, {
      maxBytes,
      ...(accept === undefined ? {} : { accept }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(auth === undefined ? {} : { auth }),
      ...(sink === undefined ? {} : { sink: toFile }),
    });
    const content = (current as FileSink | null)?.end() ?? null;
    if (answer.kind === 'ok') return { kind: 'ok', content: content ?? keep(answer.body) };
    if (answer.kind === 'unchanged') {
      return { kind: 'failed', reason: 'the server answered 304 to what it was first asked', status: 304 };
    }
    return answer;
  }

  return {
    through: (live) => {
      const client = live();
      const asker = { isClosed: false };
      return {
        get: async (url, options) => {
          for (;;) {
            const question = asked.get(url) ?? { asker, answer: ask(client, url, options) };
            asked.set(url, question);
            const recorded = await question.answer;
            // What was given up with its client was not answered, and who asks again may be.
            const isGivenUp = question.asker.isClosed && recorded.kind === 'failed';
            if (!isGivenUp) return give(recorded, options);
            if (asked.get(url) === question) asked.delete(url);
            if (asker.isClosed) return recorded;
          }
        },
        close: () => {
          asker.isClosed = true;
          client.close();
        },
      };
    },
    recorded: async () => {
      const all = [...asked].map(async ([url, { answer }]) => [url, await answer] as const);
      return new Map(await Promise.all(all));
    },
    keep,
    close: () => folder.remove(),
  };
}

async function give(recorded: Recorded, options: GetOptions): Promise<HttpAnswer> {
  if (recorded.kind !== 'ok') return recorded;
  const { path, size, sha256 } = recorded.content;
  return answerWith({ sha256, size, pieces: () => piecesOf(path) }, options);
}

/** A file in pieces. */
export function* piecesOf(path: string): Iterable<Buffer> {
  const fd = openSync(path, 'r');
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const count = readSync(fd, piece, 0, PIECE_BYTES, null);
      if (count === 0) return;
      yield piece.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}

interface FileSink extends Sink {
  readonly end: () => Received;
}

function createFileSink(path: string): FileSink {
  const fd = openSync(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  let received: Received | null = null;
  return {
    write: (chunk) => {
      hash.update(chunk);
      for (let done = 0; done < chunk.length;) done += writeSync(fd, chunk, done);
      size += chunk.length;
      return Promise.resolve();
    },
    end: () => {
      if (received !== null) return received;
      closeSync(fd);
      return (received = { sha256: hash.digest('hex'), size, path });
    },
  };
}
