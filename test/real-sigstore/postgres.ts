import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../support/remove-folder.ts';
import type { Processes } from './processes.ts';

/** PostgreSQL does not run as root; this user is on every system, and owns nothing. */
const NOBODY = 65_534;

const uid = process.getuid?.() === 0 ? NOBODY : undefined;

/** Starts PostgreSQL with the tables of a file, on a socket in a folder of its own. Returns its address. */
export async function startPostgres(
  processes: Processes,
  schema: string,
): Promise<{ readonly uri: string; readonly removeData: () => void }> {
  // Short, as sockets need it, and where another user comes to.
  const folder = mkdtempSync(join(tmpdir(), 'assay-pg-'));
  if (uid !== undefined) chownSync(folder, uid, uid);
  const data = join(folder, 'data');
  const removeData = (): void => removeFolder(folder);
  const run = (program: string, args: readonly string[], input = ''): void => {
    const user = uid === undefined ? {} : { uid, gid: uid };
    const { status, stderr } = spawnSync(program, [...args, '-D', data], { ...user, cwd: folder, input });
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.toString()}`);
  };
  try {
    run('initdb', ['--auth=trust', '-U', 'town', '--no-sync', '-E', 'UTF8', '--locale=C']);
    // Statements are ended by an empty line, as the file has them.
    run('postgres', ['--single', '-F', '-j', 'postgres'], readFileSync(schema, 'utf8'));
    await processes.start({
      name: 'postgres',
      path: 'postgres',
      args: ['-D', data, '-k', folder, '-F', '-c', 'listen_addresses='],
      ...(uid === undefined ? {} : { uid }),
      // It would wait for its clients otherwise.
      end: 'SIGINT',
      ready: () => isReady(join(data, 'postmaster.pid')),
    });
  } catch (error) {
    removeData();
    throw error;
  }
  return { uri: `postgresql:///postgres?host=${folder}&user=town`, removeData };
}

function isReady(pidFile: string): boolean {
  return existsSync(pidFile) && /^ready\s*$/m.test(readFileSync(pidFile, 'utf8'));
}
