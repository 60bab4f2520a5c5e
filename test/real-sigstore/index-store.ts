import { createServer, type Socket } from 'node:net';
import { listening, type Listening } from './listen.ts';

/**
 * Where Rekor v1 keeps its search index: the two commands of Redis that it uses, LPUSH and LRANGE of whole lists, in
 * Redis' protocol. What is indexed and how it is looked up, Rekor decides.
 */
export function startIndexStore(): Promise<Listening> {
  const lists = new Map<string, string[]>();
  const open = new Set<Socket>();
  const answer = ([command = '', key = '', ...values]: readonly string[]): string => {
    switch (command.toUpperCase()) {
      case 'LPUSH': {
        const list = [...values.reverse(), ...(lists.get(key) ?? [])];
        lists.set(key, list);
        return `:${list.length}\r\n`;
      }
      case 'LRANGE': {
        const list = lists.get(key) ?? [];
        return `*${list.length}\r\n${list.map((value) => `$${Buffer.byteLength(value)}\r\n${value}\r\n`).join('')}`;
      }
      case 'PING':
        return '+PONG\r\n';
      // Clients ask for a newer protocol first, and do without.
      default:
        return '-ERR unknown command\r\n';
    }
  };
  const server = createServer((socket) => {
    open.add(socket.once('close', () => open.delete(socket)).once('error', () => socket.destroy()));
    let rest = Buffer.alloc(0);
    socket.on('data', (part: Buffer) => {
      rest = Buffer.concat([rest, part]);
      for (;;) {
        const [words, length] = readCommand(rest);
        if (words === null) return;
        rest = rest.subarray(length);
        socket.write(answer(words));
      }
    });
  });
  return listening(server).then((listener) => ({
    ...listener,
    close: () => {
      for (const socket of open) socket.destroy();
      return listener.close();
    },
  }));
}

/** The first command, an array of strings with their lengths, and how long it is; null where it is not whole yet. */
function readCommand(bytes: Buffer): readonly [words: readonly string[] | null, length: number] {
  let at = 0;
  const line = (): string | null => {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return null;
    const text = bytes.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  const count = line();
  if (count === null) return [null, 0];
  const words: string[] = [];
  while (words.length < Number(count.slice(1))) {
    const length = line();
    const size = Number(length?.slice(1));
    if (length === null || bytes.length < at + size + 2) return [null, 0];
    words.push(bytes.toString('utf8', at, at + size));
    at += size + 2;
  }
  return [words, at];
}
