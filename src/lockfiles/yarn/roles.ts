import type { Descriptor, Requirement, YarnEntry } from './entry.ts';

/** What somebody of the project asks for: itself, or one of its workspaces. */
export interface ProjectRequirement extends Requirement {
  readonly dev: boolean;
}

/** What an entry is to the project. */
export interface Role {
  readonly direct: boolean;
  readonly dev: boolean;
  readonly optional: boolean;
}

/** Entries that are found together; each is looked at once, however many ask for it. */
type Group = readonly YarnEntry[];

/** What entries are to the project, in time linear in what all of them ask for. */
export function rolesOf(
  entries: readonly YarnEntry[],
  asked: readonly ProjectRequirement[],
): (entry: YarnEntry) => Role {
  const find = finder(entries);
  // A folder that is linked or copied is of the project, and so is what it asks for.
  const folders = entries.filter(({ brings }) => brings.some((one) => 'skipped' in one));
  const direct = new Set([...asked, ...folders.flatMap(({ requires }) => requires)].map(find));
  const reach = (roots: readonly Requirement[], follows: (one: Requirement) => boolean): ReadonlySet<YarnEntry> => {
    const seen = new Set<Group>();
    const queue = [roots];
    for (let wanted = queue.pop(); wanted !== undefined; wanted = queue.pop()) {
      for (const one of wanted) {
        const group = find(one);
        if (!follows(one) || seen.has(group)) continue;
        seen.add(group);
        for (const { requires } of group) queue.push(requires);
      }
    }
    return new Set([...seen].flat());
  };
  const isDirect = new Set([...direct].flat());
  const reached = reach(asked, () => true);
  const inProduction = reach(
    asked.filter(({ dev }) => !dev),
    () => true,
  );
  const always = reach(asked, ({ optional }) => !optional);
  return (entry) => ({
    direct: isDirect.has(entry),
    dev: reached.has(entry) && !inProduction.has(entry),
    optional: reached.has(entry) && !always.has(entry),
  });
}

const NONE: Group = [];

/**
 * Finds an entry by exactly what is asked for. Where there is none, because `resolutions` or a plugin put something else in
 * its place, everything of that name counts.
 */
function finder(entries: readonly YarnEntry[]): (wanted: Descriptor) => Group {
  const exact = new Map<string, YarnEntry[]>();
  const named = new Map<string, YarnEntry[]>();
  const add = (map: Map<string, YarnEntry[]>, key: string, entry: YarnEntry): void => {
    const group = map.get(key);
    if (group === undefined) map.set(key, [entry]);
    else if (group.at(-1) !== entry) group.push(entry);
  };
  for (const entry of entries) {
    for (const descriptor of entry.descriptors) {
      add(exact, keyOf(descriptor), entry);
      add(named, descriptor.name, entry);
    }
  }
  return (wanted) => exact.get(keyOf(wanted)) ?? named.get(wanted.name) ?? NONE;
}

/** Yarn before 4 leaves out `npm:` in places. */
function keyOf({ name, range }: Descriptor): string {
  return `${name}@${range.replace(/^npm:/, '')}`;
}
