import { readFile } from 'node:fs/promises';

/** The ports of a connection, of this end and of the other; undefined where it is over. */
interface Ports {
  readonly localPort?: number | undefined;
  readonly remotePort?: number | undefined;
}

/** The kernel's tables of connections (proc(5)); those of IPv4 may be in the one of IPv6, too. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/**
 * The user who has the other end of a connection within this machine; null where nobody has it any more, and undefined
 * where the system has no such tables, as systems other than Linux.
 */
export async function userOf({ localPort, remotePort }: Ports): Promise<number | null | undefined> {
  const tables = await Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => null)));
  if (tables[0] === null || localPort === undefined || remotePort === undefined) return undefined;
  return userIn(tables.join('\n'), remotePort, localPort);
}

/**
 * Who has the end of a connection within this machine that has the port `from`, and leads to the port `to`. A row has
 * its number, both ends as ADDRESS:PORT in hex, the state, three numbers of timers, and the user.
 */
export function userIn(table: string, from: number, to: number): number | null {
  const port = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');
  const local = '(?:0{16}FFFF0000)?[0-9A-F]{6}7F|0{24}01000000';
  const row = new RegExp(
    `^ *\\d+: (?:${local}):${port(from)} (?:${local}):${port(to)} (?!06)[0-9A-F]{2} \\S+ \\S+ \\S+ +(\\d+) `,
    'm',
  );
  const [, user] = row.exec(table) ?? [];
  return user === undefined ? null : Number(user);
}
