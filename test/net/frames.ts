import tls from 'node:tls';
import { onTestFinished } from 'vitest';
import { listen, type Authority } from './servers.ts';

export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  CONTINUATION: 9,
};
export const FLAG = { END_STREAM: 1, END_HEADERS: 4 };

/** An HTTP/2 frame (RFC 9113, section 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const uint32 = (...values: number[]): Buffer =>
  Buffer.concat(values.map((value) => Buffer.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)));

/** SETTINGS: pairs of identifier and value. */
export const settings = (...pairs: (readonly [number, number])[]): Buffer =>
  frame(
    FRAME.SETTINGS,
    0,
    0,
    Buffer.concat(pairs.map(([id, value]) => Buffer.concat([Buffer.of(0, id), uint32(value)]))),
  );

/** A header field that is in no table (RFC 7541, section 6.2.2). Lengths up to 16,000. */
export function field(name: string, value: string): Buffer {
  const text = (string: string): Buffer => {
    const bytes = Buffer.from(string);
    if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
    const rest = bytes.length - 127;
    return Buffer.concat([Buffer.of(127, (rest & 127) | 128, rest >> 7), bytes]);
  };
  return Buffer.concat([Buffer.of(0), text(name), text(value)]);
}

/** `:status: 200`, from the static table. */
export const OK = Buffer.of(0x88);

export interface FrameServer {
  readonly url: string;
  readonly host: string;
  readonly connections: () => number;
  /** Stream ids in the order they came, with the number of their connection. */
  readonly requests: { connection: number; stream: number }[];
}

/** A server that speaks HTTP/2 frame by frame: sends its SETTINGS, then does with each request what the test says. */
export async function serveFrames(
  authority: Authority,
  onRequest: (socket: tls.TLSSocket, stream: number, connection: number) => void,
  first: Buffer = settings(),
): Promise<FrameServer> {
  let connections = 0;
  const requests: FrameServer['requests'] = [];
  const sockets = new Set<tls.TLSSocket>();
  const { cert, key } = authority;
  const server = tls.createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
    const connection = (connections += 1);
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write(first);
    let input = Buffer.alloc(0);
    let preface = false;
    socket.on('data', (chunk: Buffer) => {
      input = Buffer.concat([input, chunk]);
      if (!preface && input.length >= 24) {
        preface = true;
        input = input.subarray(24);
      }
      while (preface && input.length >= 9 && input.length >= 9 + input.readUIntBE(0, 3)) {
        const [type, flags, stream] = [input[3], input[4] ?? 0, input.readUInt32BE(5)];
        input = input.subarray(9 + input.readUIntBE(0, 3));
        if (type === FRAME.SETTINGS && (flags & 1) === 0) socket.write(frame(FRAME.SETTINGS, 1, 0));
        if (type !== FRAME.HEADERS) continue;
        requests.push({ connection, stream });
        onRequest(socket, stream, connection);
      }
    });
  });
  const port = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const host = `127.0.0.1:${port}`;
  return { url: `https://${host}/`, host, connections: () => connections, requests };
}
