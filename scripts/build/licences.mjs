import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Licences (SPDX) that allow what we do: put the code into an Apache-2.0 package with its notice. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

/**
 * The notices of the bundled packages, from their folders. Throws where a package's licence is missing or not allowed.
 */
export function licences(folders) {
  const notices = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (!ALLOWED.includes(license))
      throw new Error(`${name}@${version} is licensed ${license}: not one of ${ALLOWED.join(', ')}`);
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
    if (texts.length === 0) throw new Error(`${name}@${version} (${license}) has no licence file in ${folder}`);
    return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
  });
  const rule = `\n${'-'.repeat(80)}\n\n`;
  return `The files of this folder contain code of the following packages.\n${rule}${notices.join(rule)}`;
}
