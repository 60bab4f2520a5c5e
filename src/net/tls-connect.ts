import type { Duplex } from 'node:stream';
import tls from 'node:tls';

export interface DialOptions {
  readonly timeoutMs: number;
  /** Called with a function that ends a connection under construction; returns one that forgets it. */
  readonly track: (abort: () => void) => () => void;
}

/** Opens a TLS connection, over `socket` where there is one. Rejects with what Node says, or with ETIMEDOUT. */
export function connectTls(
  options: tls.ConnectionOptions & { readonly socket?: Duplex },
  { timeoutMs, track }: DialOptions,
): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(options);
    const abort = (): void => {
      socket.destroy(Object.assign(new Error('no TLS connection in time'), { code: 'ETIMEDOUT' }));
    };
    const timer = setTimeout(abort, timeoutMs);
    const forget = track(abort);
    const over = (): void => {
      clearTimeout(timer);
      forget();
    };
    // Stays, because an error without any listener would end the process.
    socket.on('error', reject);
    socket.once('close', over);
    socket.once('secureConnect', () => {
      over();
      socket.off('close', over);
      resolve(socket);
    });
  });
}
