import type { Evidence } from '../model/evidence.ts';
import type { GetOptions, HttpClient } from '../net/request.ts';
import { Malformed } from '../tlog/malformed.ts';

/** One question to a log. Logs are public: no credentials are ever sent. */
export async function askLog<T>(
  http: HttpClient,
  url: string,
  options: Pick<GetOptions, 'maxBytes' | 'json'>,
  read: (body: Buffer) => T,
): Promise<Evidence<T>> {
  const answer = await http.get(url, { ...options, auth: false });
  switch (answer.kind) {
    case 'ok':
      try {
        return { state: 'present', value: read(answer.body) };
      } catch (error) {
        if (error instanceof Malformed) return { state: 'malformed', url, reason: error.message };
        throw error;
      }
    case 'absent':
      return { state: 'absent', url };
    case 'unchanged':
      return { state: 'unavailable', url, reason: 'the server answered 304 to what it was first asked' };
    case 'too-large':
      return { state: 'malformed', url, reason: `larger than ${options.maxBytes} bytes` };
    case 'failed':
      return { state: 'unavailable', url, reason: answer.reason };
  }
}
