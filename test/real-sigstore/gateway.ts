import { readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { listening, type Listening } from './listen.ts';

/**
 * A proxy that stands in for public hosts, so that programs run as they are: what is sent to `https://HOST` goes to
 * the server of that host on the loopback interface, and every other host is refused. The programs have to rely on
 * web-ca.pem of `folder`.
 */
export async function startGateway(folder: string, hosts: Readonly<Record<string, string>>): Promise<Listening> {
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  const web = await listening(
    createTlsServer({ key: read('web.key'), cert: read('web.pem') }, (request, response) => {
      const target = hosts[request.headers.host ?? ''];
      if (target === undefined) return response.writeHead(421).end();
      const { hostname, port } = new URL(target);
      const { method = 'GET', url = '/', headers } = request;
      const onward = ask({ hostname, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.once('error', () => response.destroy());
      request.pipe(onward);
      return undefined;
    }),
  );
  const proxy = createServer((_, response) => response.writeHead(403).end());
  const open = new Set<Socket>();
  proxy.on('connect', (request, client: Socket) => {
    const [host = '', port] = (request.url ?? '').split(':');
    if (port !== '443' || !(host in hosts)) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const server = connect(web.port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      server.pipe(client).pipe(server);
    });
    open.add(client).add(server);
    client.once('error', () => server.destroy()).once('close', () => server.destroy());
    server.once('error', () => client.destroy()).once('close', () => client.destroy());
  });
  const listener = await listening(proxy);
  return {
    ...listener,
    close: async () => {
      for (const socket of open) socket.destroy();
      await Promise.all([listener.close(), web.close()]);
    },
  };
}
