import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { assayInside } from './inside.ts';
import { withProject } from './lab-project.ts';
import { inFolder } from './run.ts';

const TRUST = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

interface Answer {
  readonly id: number | null;
  readonly error?: { readonly code: number; readonly message: string };
  readonly result?: {
    readonly isError: boolean;
    readonly content: readonly { readonly text: string }[];
    readonly structuredContent?: { readonly schema?: string };
  };
}

const call = (id: number, name: string, args?: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { _meta: META, name, arguments: args } });

/** The answers to these lines by their ids. Nothing but answers is on standard output. */
async function session(folder: string, lines: readonly string[]): Promise<ReadonlyMap<number | null, Answer>> {
  const { status, stdout } = await assayInside(['mcp', ...TRUST], folder, {}, `${lines.join('\n')}\n`);
  expect(status).toBe(0);
  const answers = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Answer);
  return new Map(answers.map((answer) => [answer.id, answer]));
}

/** Without the times, which differ from run to run. */
const timeless = (text: string): string => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');

it('each tool answers what its command writes as JSON', async () => {
  await withProject(async ({ lab, folder, lock, run }) => {
    await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    lab.clock.advance(86_400_000);
    await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }) });
    await lock({ p: '1.0.0' });
    expect((await run('init')).status).toBe(0);
    await lock({ p: '1.0.1' });
    const cases = [
      ['check', { specs: ['p@1.0.1'] }, ['p@1.0.1']],
      ['audit', {}, []],
      ['audit', { path: 'package-lock.json' }, ['package-lock.json']],
      ['explain', { code: 'provenance-lost' }, ['provenance-lost']],
      ['explain', undefined, []],
      ['review', { path: '.' }, ['.']],
    ] as const;
    const answers = await session(
      folder,
      cases.map(([name, args], id) => call(id, name, args)),
    );
    for (const [id, [name, , words]] of cases.entries()) {
      const options = name === 'explain' ? [] : TRUST;
      const { stdout } = await assayInside([name, ...words, ...options, '--json'], folder);
      const { isError, content, structuredContent } = answers.get(id)?.result ?? {};
      expect([name, isError, timeless(content?.[0]?.text ?? '')]).toEqual([name, false, timeless(stdout)]);
      expect(JSON.parse(content?.[0]?.text ?? '')).toEqual(structuredContent);
      if (name !== 'explain') continue;
      const schema = join(import.meta.dirname, '../../docs/schemas/explain-1.schema.json');
      const validate = new Ajv2020().compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
      expect([validate(structuredContent), validate.errors]).toEqual([true, null]);
    }
  });
});

it('says what is wrong to the model, and answers what else there is', async () => {
  await inFolder(async (folder) => {
    const answers = await session(folder, [
      call(1, 'check'),
      call(2, 'check', { specs: [] }),
      call(3, 'check', { specs: ['p'], enforce: 'observe' }),
      call(4, 'explain', { code: 'nothing' }),
      call(5, 'explain', { code: '--help' }),
      call(6, 'audit', { path: 'nowhere' }),
      'x'.repeat(2_000_000),
      '',
      call(7, 'explain', { code: 'provenance-lost' }),
    ]);
    const said = [1, 2, 3, 4, 5, 6].map((id) => {
      const { isError, content } = answers.get(id)?.result ?? {};
      return [isError, content?.[0]?.text];
    });
    expect(said).toEqual([
      [true, 'specs is missing'],
      [true, 'specs is 1 to 100 texts of 1 to 500 characters'],
      [true, 'there is no argument "enforce"'],
      [true, expect.stringMatching(/there is no finding nothing/)],
      [true, expect.stringMatching(/there is no finding --help/)],
      [true, expect.stringMatching(/nowhere/)],
    ]);
    expect(answers.get(null)?.error).toEqual({ code: -32600, message: 'a message has at most 1048576 bytes' });
    expect(answers.get(7)?.result?.isError).toBe(false);
  });
});
