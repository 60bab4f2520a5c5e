import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measure, type Measured } from './measure.ts';
import { type Served, TUF_HOST } from './server.ts';

/** How many versions a run has to have verified; those that the baseline holds are not asked about. */
export interface Expected {
  readonly packages: number;
  readonly attested: number;
  readonly held: number;
}

export type Client = (
  /** What it keeps between runs; empty at first. */
  state: string,
  project: string,
  expected: Expected,
) => Promise<Measured>;

/** An environment with nothing of the caller's configuration, and every cache and temporary file below `state`. */
export function isolated(state: string, { registry }: Served): Record<string, string> {
  const folder = (name: string): string => {
    mkdirSync(join(state, name), { recursive: true });
    return join(state, name);
  };
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder('home'),
    XDG_CACHE_HOME: folder('cache'),
    TMPDIR: folder('tmp'),
    LANG: 'C.UTF-8',
    npm_config_registry: registry,
    npm_config_cache: folder('npm'),
    npm_config_userconfig: join(state, 'user-npmrc'),
    npm_config_globalconfig: join(state, 'global-npmrc'),
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
  };
}

/** The same with the way to the TUF repository. */
export function isolatedWithTrust(state: string, served: Served): Record<string, string> {
  const env = isolated(state, served);
  const certificate = join(state, 'tuf.pem');
  writeFileSync(certificate, served.certificate);
  return { ...env, HTTPS_PROXY: served.proxy, NO_PROXY: '127.0.0.1', NODE_EXTRA_CA_CERTS: certificate };
}

/** `npm audit signatures` of the npm on the path, with the tree's trust as its TUF repository. */
export function npmClient(served: Served, outputs: string): Client {
  return async (state, project, expected) => {
    const env = isolatedWithTrust(state, served);
    const tuf = join(state, 'npm/_tuf', TUF_HOST);
    // npm takes the root it finds for its own: the rest of the repository is then verified from there.
    mkdirSync(join(tuf, 'targets'), { recursive: true });
    writeFileSync(join(tuf, 'root.json'), served.tufRoot);
    const measured = await measure(
      {
        command: 'npm',
        args: ['audit', 'signatures'],
        cwd: project,
        env,
      },
      outputs,
    );
    checkNpm(measured, expected);
    return measured;
  };
}

/**
 * The built command line (`program`: what Node is given), with the same trust in files, which it asks the same
 * repository about. Of the project it reads the lockfile, and assay.lock if it is there.
 */
export function assayClient(
  served: Served,
  outputs: string,
  program: readonly string[],
  trust: readonly string[],
): Client {
  return async (state, project, expected) => {
    const measured = await measure(
      {
        command: process.execPath,
        args: [...program, 'audit', '--json', ...trust],
        cwd: project,
        env: isolatedWithTrust(state, served),
      },
      outputs,
    );
    checkAssay(measured, expected);
    return measured;
  };
}

/** Throws where npm did not verify all of it: a run that did less must not count. */
export function checkNpm({ status, stdout, stderr }: Measured, { packages, attested }: Expected): void {
  const counted = (what: string): number =>
    Number(new RegExp(`^(\\d+) packages? ha(?:s a|ve) verified ${what}s?$`, 'm').exec(stdout)?.[1] ?? 0);
  const signatures = counted('registry signature');
  const attestations = counted('attestation');
  if (status === 0 && signatures === packages && attestations === attested) return;
  throw new Error(
    `npm audit signatures ended with ${status}, ${signatures} of ${packages} signatures and ${attestations} of ` +
      `${attested} attestations:\n${stdout.slice(0, 2000)}\n${stderr.slice(-2000)}`,
  );
}

/** Throws where assay did not verify, or find held, all of it. */
export function checkAssay({ status, stdout, stderr }: Measured, expected: Expected): void {
  const said = `assay ended with ${status}:\n${stdout.slice(0, 2000)}\n${stderr.slice(-2000)}`;
  if (status !== 0) throw new Error(said);
  const { counts, baseline, trust } = JSON.parse(stdout) as Report;
  if (trust.repository?.state !== 'current') throw new Error(`assay did not ask whether its trust is the newest`);
  const asked = expected.packages - expected.held;
  const wanted = {
    dependencies: expected.packages,
    integrity: asked,
    signature: asked,
    publish: expected.attested,
    provenance: expected.attested,
    fail: 0,
    unverified: 0,
  };
  for (const [name, count] of Object.entries(wanted)) {
    const found = counts[name];
    if (found !== count) throw new Error(`assay counts ${found ?? 'no'} ${name}, not ${count}`);
  }
  if ((baseline?.held ?? 0) !== expected.held) {
    throw new Error(`assay held ${baseline?.held ?? 0} packages by the baseline, not ${expected.held}`);
  }
}

/** What is read of assay's report. */
interface Report {
  readonly counts: Readonly<Record<string, number>>;
  readonly baseline: { readonly held: number } | null;
  readonly trust: { readonly repository: { readonly state: string } | null };
}
