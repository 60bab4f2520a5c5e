import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TufRepository } from '../../lab/tuf.ts';
import { start, type Run } from '../cli/run.ts';
import { fromRegistry, notToBeHad } from '../lockfiles/real.ts';
import { VERSIONS } from '../../scripts/sigstore-servers.mjs';
import { workflowOf } from './issuer.ts';
import type { TownRegistry } from './registry.ts';
import type { Town } from './town.ts';

/** Runs npm in `cwd`, as it is; what it asks of public hosts goes to a gateway. */
export type Npm = (args: readonly string[], cwd: string, env?: Readonly<Record<string, string>>) => Promise<Run>;

/**
 * The client of the table, with a home and a cache in `folder`. It starts from the root of this TUF repository, as if
 * it had begun with it.
 */
export function npmClient(
  town: Town,
  { registry, gateway, folder, tuf }: { registry: TownRegistry; gateway: string; folder: string; tuf: TufRepository },
): Npm {
  const npm = fromRegistry(VERSIONS.npm);
  if (npm === null) throw new Error(notToBeHad(VERSIONS.npm));
  const cache = join(folder, 'cache');
  // Where it keeps trust: for signatures of packages, and for files given to --provenance-file.
  for (const place of [join(cache, '_tuf'), join(folder, '.local/share/sigstore-js')]) {
    const kept = join(place, 'tuf-repo-cdn.sigstore.dev');
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, 'root.json'), tuf.root);
  }
  const { host } = new URL(registry.url);
  writeFileSync(join(folder, '.npmrc'), `registry=${registry.url}\n//${host}/:_authToken=t\ncache=${cache}\n`);
  const common = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    HTTPS_PROXY: gateway,
    NO_PROXY: '127.0.0.1',
    NODE_EXTRA_CA_CERTS: join(town.folder, 'web-ca.pem'),
    NO_UPDATE_NOTIFIER: '1',
  };
  return (args, cwd, env = {}) =>
    start(process.execPath, [join(npm, 'bin/npm-cli.js'), ...args], cwd, { ...common, ...env });
}

/** The variables that a run of a repository's workflow has. */
export function inWorkflowOf(town: Town, repository: string): Readonly<Record<string, string>> {
  const run = workflowOf(repository);
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: run.server,
    GITHUB_REPOSITORY: repository,
    GITHUB_REPOSITORY_ID: run.repositoryId,
    GITHUB_REPOSITORY_OWNER_ID: run.ownerId,
    GITHUB_WORKFLOW_REF: `${repository}/${run.workflow}@${run.ref}`,
    GITHUB_REF: run.ref,
    GITHUB_SHA: run.commit,
    GITHUB_EVENT_NAME: run.trigger,
    GITHUB_RUN_ID: run.runId,
    GITHUB_RUN_ATTEMPT: '1',
    RUNNER_ENVIRONMENT: run.runner,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${town.urls.issuer}token?repository=${repository}`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't',
  };
}

/** Writes a package into a folder of its own, for npm to publish. */
export function writePackage(folder: string, name: string, version: string, repository: string): string {
  const place = join(folder, `${name.replace('/', '+')}@${version}`);
  mkdirSync(place);
  const url = `git+https://github.com/${repository}.git`;
  const manifest = { name, version, license: 'MIT', repository: { type: 'git', url } };
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest, null, 2));
  writeFileSync(join(place, 'index.js'), `module.exports = ${JSON.stringify(version)};\n`);
  return place;
}
