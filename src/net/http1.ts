import http from 'node:http';
import https from 'node:https';
import { connectionCut, forward, type Listener, type WireRequest } from './transport.ts';

/** A request in HTTP/1.1. `options` say where it goes, and by which agent. */
export function sendHttp1(
  options: https.RequestOptions,
  { path, host, headers, body }: WireRequest,
  listener: Listener,
): () => void {
  let request: http.ClientRequest;
  try {
    const module = options.protocol === 'https:' ? https : http;
    request = module.request({
      ...options,
      method: body === null ? 'GET' : 'POST',
      path,
      headers: { host, ...headers },
    });
  } catch (error) {
    // Node throws at once for what cannot be sent, such as a client certificate with another's key.
    listener.fail(error, false);
    return () => undefined;
  }
  request.on('error', (error) => listener.fail(error, request.reusedSocket));
  request.on('response', (response) => {
    listener.head(response.statusCode ?? 0, response.headers);
    response.on('data', (chunk: Buffer) => forward(response, chunk, listener));
    response.on('end', () => listener.end());
    response.on('error', (error) => listener.fail(error, false));
    response.on('close', () => {
      if (!response.readableEnded) listener.fail(connectionCut(), false);
    });
  });
  request.end(body);
  return () => request.destroy();
}
