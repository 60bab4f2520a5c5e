import { createHash } from 'node:crypto';
import { zipOf } from '../go/zip.ts';

/** A wheel that installers take: one module, whose text is given, and what else it is to have by its path in it. */
export function wheel(
  name: string,
  version: string,
  module: string,
  others: Readonly<Record<string, string>> = {},
): { readonly name: string; readonly content: Buffer } {
  const dist = name.replaceAll('-', '_');
  const info = `${dist}-${version}.dist-info`;
  const files = new Map([
    [`${dist}/__init__.py`, module],
    [`${info}/METADATA`, `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`],
    [`${info}/WHEEL`, 'Wheel-Version: 1.0\nGenerator: lab\nRoot-Is-Purelib: true\nTag: py3-none-any\n'],
    ...Object.entries(others),
  ]);
  const record = [...files].map(([path, text]) => {
    const sha256 = createHash('sha256').update(text).digest('base64url');
    return `${path},sha256=${sha256},${Buffer.byteLength(text)}\n`;
  });
  files.set(`${info}/RECORD`, `${record.join('')}${info}/RECORD,,\n`);
  return { name: `${dist}-${version}-py3-none-any.whl`, content: zipOf(files) };
}
