import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Licences (SPDX) that allow what we do: put the code into an Apache-2.0 package with its notice. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

/** The notices of the bundled packages, from their folders. Throws where a package's licence is missing or not allowed. */
export function licences(folders) {
  const notices = folders.map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (!ALLOWED.includes(license))
      throw new Error(`${name}@${version} is licensed ${license}: not one of ${ALLOWED.join(', ')}`);
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
    if (texts.length === 0 && license === 'ISC') texts.push(isc(author?.name ?? author));
    if (texts.length === 0) throw new Error(`${name}@${version} (${license}) has no licence file in ${folder}`);
    return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
  });
  const rule = `\n${'-'.repeat(80)}\n\n`;
  return `The files of this folder contain code of the following packages.\n${rule}${notices.join(rule)}`;
}

/** The text of the ISC licence, for packages that name it and their author and do not include it. */
function isc(holder) {
  if (typeof holder !== 'string') throw new Error('an ISC package names no author');
  return `Copyright (c) ${holder}

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.`;
}
