import { basicAuthorization, type Credential } from './credentials.ts';

/**
 * Credentials of a .netrc file, by host as `Credentials` has it: each counts for exactly its host, and `default`, which
 * would be for everybody, for nobody. Macros are passed over, as the go command does.
 */
export function readNetrc(text: string): ReadonlyMap<string, Credential> {
  const found = new Map<string, Credential>();
  let host: string | null = null;
  let login = '';
  let isMacro = false;
  for (const line of text.split(/\r?\n/)) {
    if (isMacro) {
      isMacro = line !== '';
      continue;
    }
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    for (let i = 0; i < words.length; i += 1) {
      const word = words[i] ?? '';
      if (word === 'macdef') {
        isMacro = true;
        break;
      }
      // What follows `default` is for hosts that nobody named.
      if (word === 'default') return found;
      if (!['machine', 'login', 'password'].includes(word)) continue;
      i += 1;
      const value = words[i] ?? '';
      if (word === 'machine') [host, login] = [value, ''];
      else if (word === 'login') login = value;
      else if (host !== null && login !== '' && /^[\w.-]+$/.test(host) && !found.has(`//${host}/`)) {
        const authorization = basicAuthorization(login, value);
        found.set(`//${host}/`, { authorization, certificate: null, ofProject: false });
      }
    }
  }
  return found;
}
