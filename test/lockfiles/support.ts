import { LockfileError, parseLockfile, type ProjectManifests } from '../../src/lockfiles/index.ts';
import type { JsonNode, JsonObject, JsonValue } from '../../src/readers/json.ts';
import type { Dependency, Lockfile } from '../../src/model/dependency.ts';

/** A hash that is well formed; `seed` tells two apart. */
export function sha512(seed = 'a'): string {
  return `sha512-${Buffer.alloc(64, seed).toString('base64')}`;
}

/** Reads a lockfile given as text, or as a value to be written as JSON with npm's indentation. */
export function parse(
  content: unknown,
  options: { readonly file?: string; readonly manifests?: Record<string, object> } = {},
): Lockfile {
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
  const manifests: ProjectManifests = new Map(
    Object.entries(options.manifests ?? {}).map(([folder, manifest]) => [folder, JSON.stringify(manifest)]),
  );
  return parseLockfile(options.file ?? 'package-lock.json', Buffer.from(text), manifests);
}

/** A version 3 lockfile of these packages beside the root. */
export function v3(packages: Record<string, object>, root: object = {}): object {
  return { name: 'app', lockfileVersion: 3, requires: true, packages: { '': root, ...packages } };
}

/** A version 1 lockfile. */
export function v1(dependencies: Record<string, object>): object {
  return { name: 'app', version: '1.0.0', lockfileVersion: 1, requires: true, dependencies };
}

/** The one dependency of that name. */
export function only(lockfile: Lockfile, name: string): Dependency {
  const [first, ...others] = lockfile.dependencies.filter((dependency) => dependency.name === name);
  if (first === undefined || others.length > 0) throw new Error(`${others.length + (first ? 1 : 0)} of ${name}`);
  return first;
}

/** What is read, or null where the lockfile is refused. Any other error fails the test. */
export function unlessRefused(read: () => Lockfile): Lockfile | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof LockfileError) return null;
    throw error;
  }
}

/** The error a lockfile is refused with. Any other outcome fails the test. */
export function refusal(content: unknown, file?: string): LockfileError {
  try {
    parse(content, file === undefined ? {} : { file });
  } catch (error) {
    if (error instanceof LockfileError) return error;
    throw error;
  }
  throw new Error('the lockfile was not refused');
}

/** A value without its lines, as JSON.parse would give it. */
export function plain(value: JsonValue | undefined): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...(value as JsonObject)].map(([key, node]) => [key, plain(node.value)]));
  }
  return Array.isArray(value) ? value.map((node: JsonNode) => plain(node.value)) : value;
}
