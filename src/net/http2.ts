import type http2 from 'node:http2';
import type { TLSSocket } from 'node:tls';
import {
  MAX_FRAMING_BYTES,
  MAX_HEADER_BYTES,
  MAX_STRAY_BYTES,
  SESSION_WINDOW_BYTES,
  STREAM_WINDOW_BYTES,
} from '../model/limits.ts';
import { connectionCut, forward, type Listener, type WireRequest } from './transport.ts';

/** Error codes (RFC 9113, section 7). */
const NO_ERROR = 0x0;
const REFUSED_STREAM = 0x7;
const CANCEL = 0x8;
const HTTP_1_1_REQUIRED = 0xd;

/** RFC 9113, 6.5.2: what servers should allow at least, and what counts until a server says otherwise. */
export const USUAL_STREAMS = 100;
const SETTINGS: http2.Settings = { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES };
const WATCH_MS = 250;

/** One connection that speaks HTTP/2. */
export interface Session {
  /** Requests that the server takes at the same time. */
  limit(): number;
  /** Takes a place for one further request, which `send` or `release` gives back. False where there is none. */
  reserve(): boolean;
  release(): void;
  /** Sends a request on a place that was reserved. */
  send(request: WireRequest, listener: Listener): () => void;
  /** Ends it with everything under way. */
  destroy(): void;
}

export interface SessionEvents {
  /** It takes no further request. */
  readonly onGone: () => void;
  /** The server wants HTTP/1.1 (RFC 9113, section 7). */
  readonly onHttp1Required: () => void;
}

/**
 * Speaks HTTP/2 on an open connection to `origin`, with a place reserved for the request it was opened for. Keeps the
 * process alive only while requests are under way.
 */
export function openSession(socket: TLSSocket, origin: string, events: SessionEvents): Session {
  // Loaded on demand: most runs meet no server that speaks HTTP/2.
  const session = process.getBuiltinModule('node:http2').connect(origin, {
    createConnection: () => socket,
    settings: SETTINGS,
    maxReservedRemoteStreams: 0,
    peerMaxConcurrentStreams: USUAL_STREAMS,
  });
  let limit = USUAL_STREAMS;
  // The place of the request that the connection was opened for.
  let active = 1;
  let answered = false;
  const streams = new Map<http2.ClientHttp2Stream, (error: Error, spared: boolean) => void>();
  let gone = false;
  let requests = 0;
  let bodies = 0;

  // Never within a callback of the session's own: Node would free what it is still reading with.
  const destroy = (): void => {
    setImmediate(() => {
      session.destroy();
      socket.destroy();
    });
  };
  const take = (): void => {
    if (active === 0) session.ref();
    active += 1;
  };
  const release = (): void => {
    active -= 1;
    if (active > 0) return;
    session.unref();
    if (gone) destroy();
  };
  const leave = (): void => {
    if (gone) return;
    gone = true;
    events.onGone();
  };
  // Node bounds single frames, not how many come: pings, settings and the data of answers that were given up have no
  // end.
  const watch = setInterval(() => {
    if (socket.bytesRead > 2 * bodies + requests * MAX_FRAMING_BYTES + MAX_STRAY_BYTES) destroy();
  }, WATCH_MS).unref();

  session.once('connect', () => session.setLocalWindowSize(SESSION_WINDOW_BYTES));
  session.on('remoteSettings', (settings: http2.Settings) => {
    limit = settings.maxConcurrentStreams ?? USUAL_STREAMS;
  });
  session.on('goaway', (code, lastStream) => {
    if (code === HTTP_1_1_REQUIRED) events.onHttp1Required();
    leave();
    // Node says nothing of requests that it had not sent yet.
    for (const [{ id }, fail] of streams)
      if (id === undefined || id > lastStream) fail(connectionCut(), code === NO_ERROR);
  });
  // Each request under way is told by its own stream.
  session.on('error', leave);
  session.on('close', () => {
    clearInterval(watch);
    leave();
  });

  return {
    limit: () => limit,
    reserve: () => {
      if (gone || active >= limit) return false;
      take();
      return true;
    },
    release,
    send({ host, path, headers, body }, listener) {
      const reused = answered;
      let stream: http2.ClientHttp2Stream;
      try {
        const pseudo = { ':method': body === null ? 'GET' : 'POST', ':authority': host, ':path': path };
        stream = session.request({ ...headers, ...pseudo }, { endStream: body === null });
        if (body !== null) stream.end(body);
      } catch {
        // It was closed a moment ago.
        leave();
        release();
        listener.fail(connectionCut(), true);
        return () => undefined;
      }
      requests += 1;
      let begun = false;
      let over = false;
      const finish = (tell: () => void): void => {
        if (over) return;
        over = true;
        streams.delete(stream);
        release();
        tell();
      };
      const cancel = (): void => {
        stream.close(CANCEL);
        // As in HTTP/1.1, where a connection is not used again after an answer that was not read to its end.
        leave();
      };
      const fail = (error: Error, spared = false): void => {
        const code = stream.rstCode;
        if (code === HTTP_1_1_REQUIRED) events.onHttp1Required();
        // Of a refused stream the server says that it did nothing for it (RFC 9113, section 8.7).
        const unprocessed = code === REFUSED_STREAM || code === HTTP_1_1_REQUIRED || spared;
        finish(() => listener.fail(error, unprocessed || (reused && !begun)));
      };
      streams.set(stream, fail);
      stream.on('error', (error: Error) => fail(error));
      stream.on('frameError', () => fail(connectionCut(), true));
      stream.on('close', () => fail(connectionCut()));
      stream.once('response', (received) => {
        begun = true;
        if (headerBytes(received) > MAX_HEADER_BYTES) {
          cancel();
          finish(() => listener.fail(headersTooLarge(), false));
          return;
        }
        listener.head(received[':status'] ?? 0, received);
        stream.on('data', (chunk: Buffer) => {
          bodies += chunk.length;
          forward(stream, chunk, listener);
        });
        stream.on('end', () => {
          // Node ends the body of a stream that was cut, too.
          if (stream.rstCode !== NO_ERROR) return;
          answered = true;
          finish(() => listener.end());
        });
      });
      return () => {
        if (over) return;
        cancel();
        finish(() => undefined);
      };
    },
    destroy,
  };
}

function headerBytes(headers: http2.IncomingHttpHeaders): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) bytes += name.length + String(value).length;
  return bytes;
}

/** The error that Node raises for oversized headers in HTTP/1.1. */
function headersTooLarge(): NodeJS.ErrnoException {
  return Object.assign(new Error('headers too large'), { code: 'HPE_HEADER_OVERFLOW' });
}
