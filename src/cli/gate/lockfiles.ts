import { readFileSync, writeFileSync } from 'node:fs';

/** What was given is taken back: the addresses of a lockfile are the registry's. */
export function withoutGate(text: string, given: ReadonlyMap<string, string>, origin: string): string {
  if (!text.includes(origin)) return text;
  let clean = text;
  for (const [address, original] of [...given].sort(([a], [b]) => b.length - a.length)) {
    clean = clean.replaceAll(address, original);
  }
  return clean;
}

/** Takes the gate's addresses out of lockfiles. Returns those that still have one, which is an error of assay. */
export function cleanLockfiles(
  paths: readonly string[],
  given: ReadonlyMap<string, string>,
  origin: string,
): readonly string[] {
  return paths.filter((path) => {
    const text = readFileSync(path, 'utf8');
    const clean = withoutGate(text, given, origin);
    if (clean !== text) writeFileSync(path, clean);
    return clean.includes(origin);
  });
}
