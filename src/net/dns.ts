import { lookup, type LookupAddress, type LookupAllOptions, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/**
 * A name lookup for connections that asks once for each host, however many connections are opened at the same time:
 * name servers drop bursts of the same question, and the platform then waits for seconds. Failures are not remembered.
 */
export function sharedLookup(): LookupFunction {
  const asked = new Map<string, Promise<LookupAddress[]>>();
  const ask = (hostname: string, options: LookupOptions): Promise<LookupAddress[]> => {
    const key = JSON.stringify([hostname, options.family, options.hints]);
    const known = asked.get(key);
    if (known !== undefined) return known;
    const question: LookupAllOptions = { ...options, all: true };
    const answer = new Promise<LookupAddress[]>((resolve, reject) => {
      lookup(hostname, question, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
    });
    asked.set(key, answer);
    answer.catch(() => asked.delete(key));
    return answer;
  };

  return (hostname, options, callback) => {
    ask(hostname, options).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, addresses);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, []),
    );
  };
}
