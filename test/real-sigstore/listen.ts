import { createServer, type Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';

export interface Listening {
  /** With a trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Makes a server listen on the loopback interface. */
export function listening(server: NetServer & Partial<Pick<Server, 'closeAllConnections'>>): Promise<Listening> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${port}/`,
        port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections?.();
          }),
      });
    });
  });
}

/** Serves what `read` has for a path without its leading slash; 404 for null. */
export function serveFiles(read: (path: string) => Buffer | null): Promise<Listening> {
  return listening(
    createServer((request, response) => {
      const body = read(decodeURIComponent(new URL(request.url ?? '', 'http://localhost').pathname).slice(1));
      response.writeHead(body === null ? 404 : 200).end(body ?? '');
    }),
  );
}
