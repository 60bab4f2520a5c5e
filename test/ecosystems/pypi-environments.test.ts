import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEnvironments } from '../../src/ecosystems/pypi/environments.ts';
import { inFolder } from '../cli/run.ts';

const shownOf = async (folder: string): Promise<readonly string[]> =>
  (await openEnvironments(folder, 'pdm', null)).map(({ shown, scheme }) => `${shown}/${scheme.site}`);

it('__pypackages__ of PDM has folders for versions of Python, and no links to others', () =>
  inFolder(async (folder) => {
    const lib = join(folder, '__pypackages__/3.12/lib');
    mkdirSync(lib, { recursive: true });
    writeFileSync(join(lib, 'a.py'), '');
    expect(await shownOf(folder)).toEqual(['__pypackages__/3.12/lib']);
    symlinkSync('3.12', join(folder, '__pypackages__/3.11'));
    await expect(shownOf(folder)).rejects.toThrow('__pypackages__/3.11 is a link, or no folder');
  }));

it('__pypackages__ that is a link, or has one for its modules, is not compared', () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, 'other/3.12'), { recursive: true });
    symlinkSync('..', join(folder, 'other/3.12/lib'));
    symlinkSync('other', join(folder, '__pypackages__'));
    await expect(shownOf(folder)).rejects.toThrow('__pypackages__ is a link, or no folder');
    await inFolder(async (second) => {
      mkdirSync(join(second, '__pypackages__/3.12'), { recursive: true });
      symlinkSync(folder, join(second, '__pypackages__/3.12/lib'));
      await expect(shownOf(second)).rejects.toThrow('__pypackages__/3.12/lib is a link, or no folder');
    });
  }));
