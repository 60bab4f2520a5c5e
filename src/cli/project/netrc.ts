import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from '../../net/credentials.ts';
import { readNetrc } from '../../net/netrc.ts';
import type { Io } from '../io.ts';
import { demandFile, readUserFile } from '../user-files.ts';

/** The credentials of the user's .netrc, none without such a file. Throws UsageError where it cannot be read. */
export function netrcOf(io: Io): Credentials {
  const { env } = io;
  const name = process.platform === 'win32' ? '_netrc' : '.netrc';
  const path = env['NETRC'] ?? join(env['HOME'] ?? homedir(), name);
  if (!existsSync(path)) return new Map();
  demandFile(path);
  return readNetrc(readUserFile(path, 'the credentials', io).toString('utf8'));
}
