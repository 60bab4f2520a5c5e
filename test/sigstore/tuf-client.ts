import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { askerOf } from '../../src/audit/trust.ts';
import type { SharedStore } from '../../src/model/store.ts';
import { createHttpClient } from '../../src/net/client.ts';
import { loadNpmConfig } from '../../src/registries/npm/config/npmrc.ts';
import type { Ask } from '../../src/sigstore/tuf/answer.ts';
import type { Verified } from '../../src/sigstore/tuf/client.ts';
import { fileOf } from '../../src/sigstore/tuf/metadata.ts';
import { openKnown, pinRoot, refresh } from '../../src/sigstore/tuf/repository.ts';

/*
 * The client protocol of https://github.com/theupdateframework/tuf-conformance (CLIENT-CLI.md) over assay's client:
 * `init ROOT`, `refresh`, `download`. The suite looks at the exit status, at metadata and targets as files, and at the
 * order of requests. scripts/tuf-conformance.mjs makes a program of it.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'metadata-dir': { type: 'string', default: '.' },
    'metadata-url': { type: 'string', default: '' },
    'target-base-url': { type: 'string', default: '' },
    'target-dir': { type: 'string', default: '.' },
    'target-name': { type: 'string', multiple: true, default: [] },
  },
});
const metadataDir = values['metadata-dir'];
/** What the client begins with, beside what it keeps; the suite reads files of metadata alone. */
const PINNED = join(metadataDir, 'pinned');

const config = loadNpmConfig({
  cwd: metadataDir,
  env: {},
  homedir: metadataDir,
  platform: process.platform,
  execPath: process.execPath,
  readFile: () => {
    throw Object.assign(new Error('not there'), { code: 'ENOENT' });
  },
});

const store: SharedStore = {
  get: (id) => (existsSync(join(metadataDir, id)) ? readFileSync(join(metadataDir, id)) : null),
  update: (id, change) => {
    writeFileSync(join(metadataDir, id), change(store.get(id)));
  },
};

const [command, file = ''] = positionals;
if (command === 'init') {
  const bytes = readFileSync(file);
  pinRoot(bytes);
  writeFileSync(PINNED, bytes);
  writeFileSync(join(metadataDir, 'root.json'), bytes);
} else {
  await run(command === 'download' ? values['target-name'] : []);
}

async function run(names: readonly string[]): Promise<void> {
  const http = createHttpClient(config, { refuseRedirect: () => null });
  const repository = {
    name: 'kept',
    anchor: pinRoot(readFileSync(PINNED)),
    wanted: new Map(names.map((name) => [name, null])),
  };
  const known = await openKnown(repository, store);
  const { state, problem } = await refresh(repository, inOrder(asker(http)), store, Date.now(), { known, fresh: true });
  http.close();
  show(state);
  if (problem !== null) fail(problem.detail);
  for (const name of names) {
    const bytes = state.targets.get(name)?.bytes ?? fail(`there is no ${name}`);
    writeFileSync(join(values['target-dir'], encodeURIComponent(name)), bytes);
  }
}

/** Metadata and targets lie apart there. */
function asker(http: ReturnType<typeof createHttpClient>): Ask {
  const slash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);
  const metadata = askerOf(slash(values['metadata-url']), http);
  const targets = askerOf(slash(values['target-base-url'] || values['metadata-url']), http);
  return (path, ...rest) => {
    if (!path.startsWith('targets/')) return metadata(path, ...rest);
    return targets(path.slice('targets/'.length), ...rest);
  };
}

/** The suite wants the timestamp to be asked for after the roots; assay asks for both at once. */
function inOrder(ask: Ask): Ask {
  let done: () => void = () => undefined;
  const roots = new Promise<void>((resolve) => (done = resolve));
  return async (path, ...rest) => {
    if (path === 'timestamp.json') await roots;
    const answer = await ask(path, ...rest);
    if (path.endsWith('.root.json') && answer.kind !== 'ok') done();
    return answer;
  };
}

/** What is trusted, as files. */
function show({ root, timestamp, snapshot, roles, files }: Verified): void {
  for (const name of readdirSync(metadataDir)) {
    if (name.endsWith('.json') && name !== 'root.json') rmSync(join(metadataDir, name));
  }
  const put = (name: string, bytes: Buffer | undefined): void => {
    if (bytes !== undefined) writeFileSync(join(metadataDir, name), bytes);
  };
  const at = (name: string, version: number): Buffer | undefined =>
    files.get(root.consistentSnapshot ? `${version}.${name}` : name);
  put('root.json', files.get(`${root.version}.root.json`));
  if (timestamp !== null) put('timestamp.json', files.get('timestamp.json'));
  if (snapshot !== null) put('snapshot.json', at('snapshot.json', snapshot.version));
  for (const [role, { version }] of roles) put(fileOf(role), at(fileOf(role), version));
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
