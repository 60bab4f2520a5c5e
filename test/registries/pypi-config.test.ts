import { describe, expect, it } from 'vitest';
import { pipIndexes } from '../../src/registries/pypi/config/pip.ts';
import { uvIndexes } from '../../src/registries/pypi/config/uv.ts';

const at = (name: string): string => `https://${name}.example/simple/`;
const set = (name: string, section = 'global'): string => `[${section}]\nindex-url = ${at(name)}\n`;

/** The default index of pip, with these files, the weakest first. */
const pip = (env: Readonly<Record<string, string>>, ...texts: readonly string[]): string =>
  pipIndexes(
    env,
    texts.map((text, i) => ({ path: `pip${i}.conf`, text })),
  ).default;

describe('the index of pip', () => {
  it.each<[string, string, Readonly<Record<string, string>>, readonly string[]]>([
    ['PyPI, where nothing names one', 'https://pypi.org/simple/', {}, []],
    ['of a file', at('a'), {}, [set('a')]],
    ['of the strongest file', at('b'), {}, [set('a'), set('b')]],
    ['of install before global, in any file', at('a'), {}, [set('a', 'install'), set('b')]],
    ['of a variable before any file', at('e'), { PIP_INDEX_URL: at('e') }, [set('a', 'install')]],
    ['of a variable in any case', at('e'), { PIP_index_url: at('e') }, []],
    ['of a file where the variable is empty', at('a'), { PIP_INDEX_URL: '' }, [set('a')]],
    [
      'none of a weaker file that an empty option hides',
      'https://pypi.org/simple/',
      {},
      [set('a'), '[global]\nindex-url =\n'],
    ],
    ['however the option is written', at('a'), {}, [`[global]\n--Index_URL : ${at('a')}\n`]],
    ['of DEFAULT, in a section that is there', at('a'), {}, [`[DEFAULT]\nindex-url = ${at('a')}\n[global]\n`]],
    ['not of DEFAULT alone', 'https://pypi.org/simple/', {}, [`[DEFAULT]\nindex-url = ${at('a')}\n`]],
    ['not of another command', 'https://pypi.org/simple/', {}, [set('a', 'download')]],
  ])('is the one %s', (_, expected, env, texts) => {
    expect(pip(env, ...texts)).toBe(expected);
  });

  it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['PIP_EXTRA_INDEX_URL', { PIP_EXTRA_INDEX_URL: 'https://user:secret@b.example/simple' }, []],
    ['extra-index-url of pip0.conf', {}, ['[global]\nextra-index-url =\n  https://user:secret@b.example/simple\n']],
    ['PIP_NO_INDEX', { PIP_NO_INDEX: '1' }, []],
    ['pypi-url of pip0.conf', {}, ['[global]\npypi-url = https://user:secret@b.example/simple\n']],
    ['index-url of pip0.conf', {}, ['[global]\nindex-url = file:///srv/user:secret\n']],
  ])('is refused for %s, without a password', (by, env, texts) => {
    expect(() => pip(env, ...texts)).toThrow(by);
    expect(() => pip(env, ...texts)).not.toThrow('secret');
  });

  it('has its password kept for its host alone, and in no address', () => {
    const settings = pipIndexes({ PIP_INDEX_URL: 'https://us%40er:secret@a.example/simple' }, []);
    expect(settings.default).toBe(at('a'));
    const authorization = `Basic ${Buffer.from('us@er:secret').toString('base64')}`;
    expect([...settings.credentials]).toEqual([['//a.example/', expect.objectContaining({ authorization })]]);
  });
});

const listed = (name: string, more = 'default = true'): string => `[[tool.uv.index]]\nurl = "${at(name)}"\n${more}\n`;

/** What uv is told by pyproject.toml, and by files named uv.toml, the strongest first. */
const uv = (env: Readonly<Record<string, string>>, project: string, ...texts: readonly string[]) =>
  uvIndexes(env, {
    project: { path: 'pyproject.toml', text: project },
    settings: texts.map((text, i) => ({ path: `uv${i}.toml`, text })),
    isProjects: false,
  });

describe('the index of uv', () => {
  it.each<[string, string, Readonly<Record<string, string>>, string, readonly string[]]>([
    ['of the project', at('a'), {}, listed('a'), []],
    ['of the project before the user', at('a'), {}, listed('a'), [listed('b').replace('tool.uv.', '')]],
    ['of the user', at('b'), {}, '', [listed('b').replace('tool.uv.', '')]],
    ['of UV_DEFAULT_INDEX before the project', at('e'), { UV_DEFAULT_INDEX: at('e') }, listed('a'), []],
    // uv 0.13 asks the listed one here.
    ['of the project before UV_INDEX_URL', at('a'), { UV_INDEX_URL: at('e') }, listed('a'), []],
    ['of UV_DEFAULT_INDEX before UV_INDEX_URL', at('d'), { UV_DEFAULT_INDEX: at('d'), UV_INDEX_URL: at('e') }, '', []],
    ['of UV_INDEX_URL before index-url', at('e'), { UV_INDEX_URL: at('e') }, `[tool.uv]\nindex-url = "${at('a')}"`, []],
    ['that is listed before index-url', at('a'), {}, `[tool.uv]\nindex-url = "${at('b')}"\n${listed('a')}`, []],
  ])('is the one %s', (_, expected, env, project, texts) => {
    expect(uv(env, project, ...texts).default).toBe(expected);
  });

  it('is explicit for the packages that are from it, and asked for no other', () => {
    const own = `[[tool.uv.index]]\nname = "own"\nurl = "${at('own')}"\nexplicit = true\n`;
    const settings = uv({}, `${own}[tool.uv.sources]\nMy_Thing = { index = "own" }\n`);
    expect(settings.default).toBe('https://pypi.org/simple/');
    expect([...settings.explicit]).toEqual([['my-thing', at('own')]]);
    expect(() => uv({}, own.replace('explicit = true', ''))).toThrow('names https://own.example/simple/ beside');
  });

  it.each([
    ['UV_INDEX', { UV_INDEX: 'more=https://user:secret@b.example/simple' }],
    ['UV_EXTRA_INDEX_URL', { UV_EXTRA_INDEX_URL: 'https://user:secret@b.example/simple' }],
  ])('is refused beside another of %s, without a password', (by, env) => {
    expect(() => uv(env, '')).toThrow(by);
    expect(() => uv(env, '')).not.toThrow('secret');
  });
});
