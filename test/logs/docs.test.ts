import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { uuidOf } from '../../lab/logs.ts';
import { startSigstore } from '../../lab/sigstore/index.ts';
import { command } from '../../src/cli/commands/log.ts';
import { ALARMS } from '../../src/logs/watched.ts';
import { isFailing, LOG_WORDS } from '../../src/model/log.ts';
import { withLogs } from './lab-logs.ts';

const read = (path: string): string => readFileSync(resolve(import.meta.dirname, '../..', path), 'utf8');
const PAGE = read('docs/logs.md');
const ajv = new Ajv2020();
const validate = (name: string): ((json: unknown) => boolean) =>
  ajv.compile(JSON.parse(read(`docs/schemas/${name}.schema.json`)) as object);
const isLog = validate('log-1');
const isEvent = validate('log-event-1');

/** The commands of the page, each with the exit status that it says. */
const COMMANDS = [...PAGE.matchAll(/^assay (log .*?) # (\d)$/gm)].map(([, text = '', status]) => ({
  text,
  args: text.split(' '),
  status: Number(status),
}));

describe('docs/logs.md', () => {
  it('has commands that do what it says, with JSON that its schemas describe', async () => {
    expect(COMMANDS.length).toBeGreaterThanOrEqual(10);
    await withLogs(async ({ lab, folder, v1, run }) => {
      const repository = { repository: 'acme/lib', repositoryId: '4242' };
      const published = await lab.publish({ name: 'acme-lib', version: '1.2.0', by: ciWorkflow(repository) });
      const bundles = (published.attestations?.attestations ?? []).map(({ bundle }) => bundle);
      for (const bundle of bundles) v1.index(bundle);
      const path = (name: string): string => join(folder, name);
      writeFileSync(path('acme-lib-1.2.0.tgz'), published.tarball);
      writeFileSync(path('acme-lib.sigstore.json'), JSON.stringify(bundles[0]));
      const { v2 } = startSigstore(lab.clock.now, { start: 0, end: 1 }).rekor;
      const { head } = lab.sigstore.rekor.v2;
      v2.append({ apiVersion: '1', kind: 'y', spec: 1 }, 0);
      lab.sigstore.rekor.v2.append({ apiVersion: '1', kind: 'x', spec: 1 }, 0);
      const notes = { earlier: head(12), later: head(12, [], v2.tree) };
      writeFileSync(path('fork.json'), JSON.stringify({ schema: 'assay.fork/1', ...notes, hashes: null, tiles: null }));
      const body = bundles[0]?.verificationMaterial.tlogEntries[0]?.canonicalizedBody ?? '';
      const uuid = uuidOf(Buffer.from(body, 'base64'));
      const hex = Buffer.from(published.integrity.slice('sha512-'.length), 'base64').toString('hex');
      for (const { text, args, status } of COMMANDS) {
        const given = args.map((arg) => arg.replace('UUID', uuid).replace('HEX', hex));
        const options = ['--registry', lab.url, '--state', 'state'];
        const people = await run(...given.filter((arg) => arg !== '--json'), ...options);
        expect([text, people.status, people.stderr]).toEqual([text, status, '']);
        expect(people.stdout).not.toBe('');
        const { stdout } = await run(...given.filter((arg) => arg !== '--json'), ...options, '--json');
        const isWatch = args[1] === 'watch';
        for (const json of isWatch ? stdout.trimEnd().split('\n') : [stdout]) {
          expect([text, (isWatch ? isEvent : isLog)(JSON.parse(json)), json]).toEqual([text, true, json]);
        }
      }
      // What only goes wrong has a shape, too.
      v1.lie = () => ({ status: 403 });
      for (const what of ['show', 'search']) {
        const { stdout } = await run('log', what, what === 'show' ? uuid : `sha512:${hex}`, '--json');
        expect(isLog(JSON.parse(stdout))).toBe(true);
      }
      const { identity } = ciWorkflow(repository);
      lab.sigstore.signMessage(Buffer.from('x'), { identity }, { log: 'v2' });
      const watch = ['log', 'watch', '--once', '--repository-id', '4242', '--state', 'other', '--from', '0', '--json'];
      const { stdout, status } = await run(...watch);
      const events = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { event: string });
      expect([status, events.map(({ event }) => event)]).toEqual([1, ['finding', 'read', 'trouble']]);
      expect(events.every((event) => isEvent(event))).toBe(true);
    });
  });

  it('names every word with its exit status, every finding, and every option', () => {
    for (const word of LOG_WORDS) {
      const status = word === 'held' ? 0 : isFailing(word) ? 1 : 3;
      expect(PAGE).toMatch(new RegExp(`^\\| \`${word}\` \\|.*\\| ${status} \\|$`, 'm'));
    }
    for (const alarm of ALARMS) {
      expect(PAGE).toMatch(new RegExp(`^\\| \`${alarm}\` \\|.*\\| ${alarm === 'claimed' ? 'no' : 'yes'} \\|$`, 'm'));
    }
    const usual = [
      'registry',
      'trusted-root',
      'tuf',
      'tuf-root',
      'tuf-root-sha256',
      'thresholds',
      'policy',
      'no-cache',
    ];
    const unnamed = command.options.filter((name) => !usual.includes(name) && !PAGE.includes(`--${name}`));
    expect(unnamed).toEqual([]);
  });
});
