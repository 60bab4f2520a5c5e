import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a server does instead of its work. The first member that is present decides how the body is sent. */
export interface Behaviour {
  /** Default 200, or 302 with `redirect`. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text or bytes as they are, anything else as JSON. */
  readonly body?: unknown;
  /** Waits before it answers, and before it does its usual work where nothing else is asked for. */
  readonly delayMs?: number;
  /** 200 and a JSON body without end. */
  readonly endless?: boolean;
  /** 200 and one byte of a JSON body every 50 ms, without end. */
  readonly drip?: boolean;
  /** 200, says JSON, is none. */
  readonly garbage?: boolean;
  /** Closes the connection: before any answer, or in the middle of a body whose length was announced. */
  readonly dropConnection?: boolean | 'mid-body';
  /** Location to send the client to. */
  readonly redirect?: string;
  /** How many requests it happens to; default is every one. */
  readonly times?: number;
}

/** Misbehaviour by path, decoded and with its leading slash; what was added last comes first. */
export interface Behaviours {
  readonly add: (path: RegExp, behaviour: Behaviour) => void;
  readonly clear: () => void;
  /** The behaviour for a path, if there is one; counts one of its `times`. */
  readonly take: (path: string) => Behaviour | undefined;
}

export function newBehaviours(): Behaviours {
  let rules: { path: RegExp; behaviour: Behaviour; left: number }[] = [];
  return {
    add: (path, behaviour) => {
      rules.unshift({ path, behaviour, left: behaviour.times ?? Infinity });
    },
    clear: () => {
      rules = [];
    },
    take: (path) => {
      const rule = rules.find((candidate) => candidate.left > 0 && path.search(candidate.path) !== -1);
      if (rule === undefined) return undefined;
      rule.left -= 1;
      return rule.behaviour;
    },
  };
}

/** Whether a behaviour replaces the answer, rather than only delaying it. */
export function replacesAnswer(behaviour: Behaviour): boolean {
  return Object.keys(behaviour).some((member) => member !== 'times' && member !== 'delayMs');
}

const CHUNK = Buffer.from(`${'"lab",'.repeat(4096)}\n`);
const DRIP_MS = 50;

/** Answers as `behaviour` says. */
export function misbehave(behaviour: Behaviour, request: IncomingMessage, response: ServerResponse): void {
  if (behaviour.dropConnection === true) {
    request.socket.destroy();
    return;
  }
  const status = behaviour.status ?? (behaviour.redirect === undefined ? 200 : 302);
  const location = behaviour.redirect === undefined ? {} : { location: behaviour.redirect };
  const headers = { 'content-type': 'application/json', ...location, ...behaviour.headers };
  if (behaviour.dropConnection === 'mid-body') {
    response.writeHead(status, { ...headers, 'content-length': '1000' });
    response.write('{"half":', () => request.socket.destroy());
    return;
  }
  response.writeHead(status, headers);
  if (behaviour.endless === true) {
    response.write('[');
    pour(response);
  } else if (behaviour.drip === true) {
    response.write('[');
    const timer = setInterval(() => response.write(' '), DRIP_MS);
    response.on('close', () => clearInterval(timer));
  } else if (behaviour.garbage === true) {
    response.end('<html>\u0000 this is not the JSON you are looking for');
  } else {
    response.end(bytesOf(behaviour.body));
  }
}

function bytesOf(body: unknown): string | Buffer {
  if (body === undefined) return '';
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

/** Writes as fast as the client reads, until it goes away. */
function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write(CHUNK));
  if (!response.destroyed) response.once('drain', () => pour(response));
}
