import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gateCommand } from '../../src/cli/gate/command.ts';
import type { GateClient } from '../../src/cli/gate/common/kind.ts';
import type { Io } from '../../src/cli/io.ts';
import { removeFolder } from '../support/remove-folder.ts';

const PROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["one"]\n';
const OTHER = 'https://i.example/simple';

/** A client in a folder with these files, and with these variables. */
function clientOf(
  text: string,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): GateClient {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
  try {
    for (const [name, content] of Object.entries({ '.git/HEAD': '', ...files })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const output = { write: () => undefined, isTerminal: false, color: false, columns: 80, unicode: false };
    const io: Io = { cwd: folder, env: { HOME: join(folder, 'home'), ...env }, stdout: output, stderr: output };
    const line = text.split(' ');
    return gateCommand(line, io).client({ values: {}, line, redirects: [], io });
  } finally {
    removeFolder(folder);
  }
}

const GATE = { url: 'http://127.0.0.1:4874/pypi-0/' };

describe('settings of pip and uv at the gate', () => {
  it('give way to the gate where they name one index, which a lockfile goes on naming', () => {
    const env = { PIP_INDEX_URL: OTHER, UV_DEFAULT_INDEX: OTHER, UV_INDEX: OTHER, NO_PROXY: 'x.example' };
    for (const line of ['pip install one', 'uv sync']) {
      const pointed = clientOf(line, { 'pyproject.toml': PROJECT }, env).point(GATE, env);
      expect(pointed.env).toMatchObject({
        PIP_INDEX_URL: `${GATE.url}simple`,
        PIP_EXTRA_INDEX_URL: `${GATE.url}simple`,
        UV_DEFAULT_INDEX: `${GATE.url}simple`,
        NO_PROXY: 'x.example,127.0.0.1',
      });
      expect(pointed.env).not.toHaveProperty('UV_INDEX');
      expect(pointed.past).toEqual([]);
      pointed.close();
    }
  });

  it('say what the project itself asks for', () => {
    const files = { 'pyproject.toml': PROJECT, 'requirements.txt': '-r more.txt\n', 'more.txt': 'Two_Words[x]>1\n' };
    const { isDirect } = clientOf('pip install -r requirements.txt three==3', files);
    expect(['one', 'two-words', 'three', 'four'].map(isDirect)).toEqual([true, true, true, false]);
  });

  it('say that uv takes a frozen lockfile from the addresses in it', () => {
    for (const env of [{}, { UV_FROZEN: '1' }]) {
      const line = 'UV_FROZEN' in env ? 'uv sync' : 'uv sync --frozen';
      const { past, env: own } = clientOf(line, { 'pyproject.toml': PROJECT }, env).point(GATE, env);
      expect(past).toEqual([expect.stringContaining('past the gate')]);
      expect(own).not.toHaveProperty('UV_DEFAULT_INDEX');
    }
  });

  const index = (more: string): string => `${PROJECT}\n[[tool.uv.index]]\nname = "own"\nurl = "${OTHER}"\n${more}`;
  const REQUIRED = 'pip install -r requirements.txt';
  it.each<[string, string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, RegExp]>([
    [
      'requirements',
      REQUIRED,
      { 'requirements.txt': `--index-url ${OTHER}\none\n` },
      {},
      /requirements\.txt:1 would lead/,
    ],
    ['requirements', REQUIRED, { 'requirements.txt': '-r a.txt\n', 'a.txt': '\n-f w\n' }, {}, /a\.txt:2 would lead/],
    ['requirements', 'uv pip sync r.txt', { 'r.txt': `--extra-index-url ${OTHER}` }, {}, /r\.txt:1 would lead uv/],
    ['requirements', `pip install -r ${OTHER}`, {}, {}, /would lead pip past the gate/],
    ['constraints', 'pip install -c c.txt one', { 'c.txt': '--no-index\n' }, {}, /c\.txt:1 would lead/],
    ['pip.conf', 'pip install one', { 'home/.pip/pip.conf': '[global]\nfind-links = w\n' }, {}, /pip\.conf:2 would/],
    ['pip.conf', 'pip install one', { 'home/.pip/pip.conf': '[install]\nproxy = p\n' }, {}, /proxy of .*pip\.conf:2/],
    ['pip.conf', 'v/bin/pip install one', { 'v/pip.conf': `[global]\nindex-url = ${OTHER}\n` }, {}, /v\/pip\.conf:2/],
    ['pip.conf', 'pip install a', { 'home/.pip/pip.conf': `[global]\nextra-index-url=${OTHER}` }, {}, /beside https:/],
    ['variables', 'pip install one', {}, { PIP_FIND_LINKS: 'w' }, /PIP_FIND_LINKS \(the environment\) would lead/],
    ['variables', 'pip install one', {}, { PIP_ISOLATED: '1' }, /PIP_ISOLATED .* would lead/],
    ['variables', 'uv sync', {}, { UV_FIND_LINKS: 'w' }, /UV_FIND_LINKS .* would lead uv/],
    ['variables', 'uv sync', {}, { UV_INDEX: OTHER }, /UV_INDEX.* beside https:/],
    ['pyproject.toml', 'uv sync', { 'pyproject.toml': index('') }, {}, /beside https:/],
    [
      'pyproject.toml',
      'uv sync',
      { 'pyproject.toml': index('explicit = true\n[tool.uv.sources]\none = { index = "own" }\n') },
      {},
      /index own\) is an index beside .*the gate stands before one/,
    ],
    [
      'pyproject.toml',
      'uv sync',
      { 'pyproject.toml': `${PROJECT}[tool.uv]\nfind-links = ["w"]\n` },
      {},
      /find-links of/,
    ],
    ['uv.toml', 'uv sync', { 'uv.toml': `[pip]\nextra-index-url = ["${OTHER}"]\n` }, {}, /pip\.extra-index-url of/],
    ['uv.toml', 'uv sync', { 'uv.toml': 'http-proxy = "http://p.example"\n' }, {}, /http-proxy of/],
  ])('of %s are refused where they would lead past it: %s', (_, line, files, env, why) => {
    expect(() => clientOf(line, { 'pyproject.toml': PROJECT, ...files }, env)).toThrow(why);
  });
});
