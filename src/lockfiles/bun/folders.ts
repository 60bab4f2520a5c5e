import { LockfileError } from '../../readers/error.ts';
import type { JsonObject } from '../../readers/json.ts';
import type { Requirement } from '../node-modules/package-json.ts';
import { fieldsOf, objectOf } from '../node-modules/entry.ts';
import { isLocation, lastNodeModules } from '../node-modules/location.ts';
import { readRequirements } from './asked-for.ts';

/** The project, or a workspace of it, and what it declares. */
export interface Folder {
  readonly kind: 'workspace';
  readonly location: string;
  readonly line: number;
  readonly requirements: readonly Requirement[];
  /** Empty for a project without a name. */
  readonly name: string;
  /** Prefix of the keys in `packages` of what is installed for it alone. */
  readonly key: string;
}

/** Reads `workspaces`: what the project ("") and each of its workspaces declare, by folder. */
export function readFolders(file: string, document: JsonObject): readonly Folder[] {
  const workspaces = document.get('workspaces');
  const folders = workspaces === undefined ? undefined : objectOf(file, 'workspaces', workspaces, 'Bun');
  if (folders?.has('') !== true) {
    const problem = 'has no "workspaces" with the project itself; restore the file, or let Bun write it again';
    throw new LockfileError(file, workspaces?.line ?? null, problem);
  }
  return [...folders].map(([location, node]) => {
    const object = objectOf(file, location, node, 'Bun');
    const fields = fieldsOf(file, location, node.line, object, 'Bun');
    if (!isLocation(location) || lastNodeModules(location) !== -1) fields.fail('not a folder that Bun writes');
    const name = fields.text('name') ?? (location === '' ? '' : fields.fail('the workspace has no name'));
    const key = location === '' ? '' : name;
    return { kind: 'workspace', location, line: node.line, requirements: readRequirements(object, fields), name, key };
  });
}
