import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CratesLab } from '../../lab/crates/index.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { cargoLock } from './cargo-lock.ts';
import { assayInside } from './inside.ts';
import { configOf, inFolder, type Run } from './run.ts';

const TOKEN = 'hidden-token';
const REPLACED = '[source.crates-io]\nreplace-with = "my-lab"\n';

interface Registry {
  readonly lab: CratesLab;
  readonly write: (file: string, text: string) => void;
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Run>;
}

/** A project whose user has a registry in place of crates.io that demands a token of everybody. */
function withRegistry(work: (registry: Registry) => Promise<void>): Promise<void> {
  return withCratesLab(
    (lab) =>
      inFolder(async (folder) => {
        const write = (file: string, text: string): void => {
          mkdirSync(dirname(join(folder, file)), { recursive: true });
          writeFileSync(join(folder, file), text);
        };
        mkdirSync(join(folder, '.git'));
        const { checksum, text } = cargoLock(lab, '2024-01-01T00:00:00Z');
        write('Cargo.lock', text(checksum));
        write('home/config.toml', `${REPLACED}\n[registries.my-lab]\nindex = "sparse+${lab.url}"\n`);
        const own = { CARGO_HOME: join(folder, 'home'), HOME: folder, XDG_CONFIG_HOME: configOf(folder) };
        await work({ lab, write, run: (args, env) => assayInside(args, folder, { ...own, ...env }) });
      }),
    TOKEN,
  );
}

const credentials = (token: string): string => `[registries.my-lab]\ntoken = "${token}"\n`;

describe('a registry in place of crates.io that demands a token', () => {
  it('gets that of credentials.toml, of a variable, or of the settings of the user, and no run shows it', () =>
    withRegistry(async ({ lab, write, run }) => {
      const passes = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
        const { status, stdout, stderr } = await run(['audit', '--no-cache'], env);
        expect(stdout + stderr).not.toContain(TOKEN);
        expect([status, stderr]).toEqual([0, '']);
      };
      await passes({ CARGO_REGISTRIES_MY_LAB_TOKEN: `Bearer ${TOKEN}` });
      write('home/credentials.toml', credentials(`Bearer ${TOKEN}`));
      await passes();
      // Cargo takes the older name before the newer.
      write('home/credentials.toml', credentials('Bearer other'));
      write('home/credentials', credentials(`Bearer ${TOKEN}`));
      await passes();
      write('home/credentials', '');
      write('home/config.toml', REPLACED);
      await passes({
        CARGO_REGISTRIES_MY_LAB_INDEX: `sparse+${lab.url}`,
        CARGO_REGISTRIES_MY_LAB_TOKEN: `Bearer ${TOKEN}`,
      });
      expect((await run(['trust', 'hosts'])).stdout).not.toContain(TOKEN);
    }));

  it('of another registry, or none, is exit status 3', () =>
    withRegistry(async ({ write, run }) => {
      for (const text of ['', credentials('Bearer wrong'), credentials(`Bearer ${TOKEN}`).replace('my-lab', 'other')]) {
        write('home/credentials.toml', text);
        expect((await run(['audit'])).status, text).toBe(3);
      }
      expect((await run(['audit'], { CARGO_REGISTRIES_OTHER_TOKEN: `Bearer ${TOKEN}` })).status).toBe(3);
    }));

  it('is named by no project: neither who gets the token, nor which it is', () =>
    withRegistry(async ({ lab, write, run }) => {
      write('home/credentials.toml', credentials(`Bearer ${TOKEN}`));
      await withCratesLab(async (other) => {
        write('.cargo/config.toml', `${REPLACED}\n[registries.my-lab]\nindex = "sparse+${other.url}"\n`);
        expect((await run(['audit'])).status).toBe(0);
        expect(other.requests).toEqual([]);
        // Nor does a redirect lead it there.
        lab.behave(/alpha/, { redirect: `${other.url}al/ph/alpha` });
        expect((await run(['audit', '--no-cache'])).status).toBe(3);
        expect(other.requests).toEqual([]);
      });
      write('home/credentials.toml', '');
      write('.cargo/config.toml', credentials(`Bearer ${TOKEN}`));
      expect((await run(['audit', '--no-cache'])).status).toBe(3);
    }));

  it('with characters that no header has is one line', () =>
    withRegistry(async ({ write, run }) => {
      write('home/credentials.toml', credentials('Bearer a\\r\\nhost: b'));
      const { status, stderr } = await run(['audit']);
      expect(status).toBe(2);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(stderr).not.toContain('Bearer');
    }));

  it('gets it for its index alone: neither files nor the API are asked with it', () =>
    withRegistry(async ({ lab, write, run }) => {
      write('home/credentials.toml', credentials(`Bearer ${TOKEN}`));
      const { checksum, text } = cargoLock(lab, new Date().toISOString(), 'beta');
      write('Cargo.lock', text(checksum));
      expect((await run(['audit'])).status).toBe(0);
      expect((await run(['audit', '--bytes'])).status).toBe(3);
      const bare = lab.requests.filter(({ headers }) => headers.authorization === undefined).map(({ url }) => url);
      expect([...new Set(bare)].sort()).toEqual(['/api/v1/crates/beta/versions', '/crates/beta/1.0.0/download']);
    }));
});
