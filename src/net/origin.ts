import type https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { sendHttp1 } from './http1.ts';
import { openSession, USUAL_STREAMS, type Session } from './http2.ts';
import type { Transport } from './transport.ts';

export interface OriginPoolOptions {
  readonly origin: string;
  /** How HTTP/1.1 reaches it. */
  readonly request: https.RequestOptions;
  readonly agent: https.Agent;
  /** Opens a TLS connection that offers both versions. */
  readonly connect: () => Promise<TLSSocket>;
}

export interface OriginPool {
  readonly send: Transport;
  close(): void;
}

/** What carries one request: a session with a place for it, or a connection for HTTP/1.1. Null: the agent finds one. */
type Carrier = { readonly session: Session } | { readonly socket: TLSSocket } | null;

/** A connection under construction. */
interface Opening {
  /** Requests that may still wait for it. */
  room: number;
  /** Whether there is a connection now. */
  readonly done: Promise<boolean>;
}

/**
 * Connection pool for one origin over TLS and one client certificate (or none). Connections are never shared between
 * certificates. The first connection shows whether the origin speaks HTTP/2; all others wait for it.
 */
export function createOriginPool({ origin, request, agent, connect }: OriginPoolOptions): OriginPool {
  const sessions = new Set<Session>();
  const openings = new Set<Opening>();
  let http1 = false;
  let streams = Infinity;
  let closed = false;
  /** A connection that is to be the agent's next. */
  let ready: TLSSocket | null = null;

  const connectAnew = agent.createConnection.bind(agent);
  agent.createConnection = (target, callback) => {
    const socket = ready;
    ready = null;
    return socket ?? connectAnew(target, callback);
  };

  async function open(): Promise<Carrier> {
    const socket = await connect();
    if (closed || socket.alpnProtocol !== 'h2') {
      http1 = true;
      return { socket };
    }
    const session = openSession(socket, origin, {
      onGone: () => {
        streams = session.limit();
        sessions.delete(session);
      },
      onHttp1Required: () => (http1 = true),
    });
    if (streams === Infinity) streams = USUAL_STREAMS;
    sessions.add(session);
    return { session };
  }

  async function acquire(): Promise<Carrier> {
    for (let joins = true; ;) {
      if (http1) return null;
      for (const session of sessions) {
        streams = Math.max(1, session.limit());
        if (session.reserve()) return { session };
      }
      const joined: Opening | undefined = joins ? [...openings].find(({ room }) => room > 0) : undefined;
      if (joined === undefined) break;
      joined.room -= 1;
      // A request whose wait brought no connection opens its own.
      joins = await joined.done;
    }
    const connection = open();
    const opening = {
      room: streams - 1,
      done: connection.then(
        () => true,
        () => false,
      ),
    };
    openings.add(opening);
    try {
      return await connection;
    } finally {
      openings.delete(opening);
    }
  }

  return {
    send(get, listener) {
      let over = false;
      let end = (): void => undefined;
      const begin = (carrier: Carrier): void => {
        const session = carrier !== null && 'session' in carrier ? carrier.session : null;
        const socket = carrier !== null && 'socket' in carrier ? carrier.socket : null;
        if (over) {
          session?.release();
          socket?.destroy();
        } else if (session !== null) {
          end = session.send(get, listener);
        } else {
          ready = socket;
          end = sendHttp1({ ...request, agent }, get, listener);
          // Still here where the agent had a free one.
          ready?.destroy();
          ready = null;
        }
      };
      acquire().then(begin, (error: unknown) => {
        if (!over) listener.fail(error, false);
      });
      return () => {
        over = true;
        end();
      };
    },
    close() {
      closed = true;
      for (const session of sessions) session.destroy();
      agent.destroy();
    },
  };
}
