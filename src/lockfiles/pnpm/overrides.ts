import satisfies from 'semver/functions/satisfies.js';
import intersects from 'semver/ranges/intersects.js';
import validRange from 'semver/ranges/valid.js';
import { aliasTarget } from '../node-modules/specs.ts';

/** A package, and which versions or ranges of it are meant; null for all. */
export interface Selector {
  readonly name: string;
  readonly range: string | null;
}

/** What a project puts in place of what its tree asks for (https://pnpm.io/settings#overrides). */
export interface Override {
  /** Who asks; null for everybody. */
  readonly parent: Selector | null;
  readonly target: Selector;
  /** "-" takes the dependency out. */
  readonly spec: string;
}

/** Who asks: a package, or a project of the workspace. */
export interface Asker {
  readonly name: string | null;
  readonly version: string | null;
}

/** Reads `PARENT@RANGE>NAME@RANGE` and what stands for it. What pnpm would refuse overrides nothing. */
export function readOverrides(record: Readonly<Record<string, unknown>>): readonly Override[] {
  return Object.entries(record).flatMap(([selector, spec]) => {
    const at = selector.search(/[^ |@]>/);
    const parent = at === -1 ? null : readSelector(selector.slice(0, at + 1));
    const target = readSelector(at === -1 ? selector : selector.slice(at + 2));
    return target === null || typeof spec !== 'string' || (at !== -1 && parent === null)
      ? []
      : [{ parent, target, spec }];
  });
}

/** NAME or NAME@RANGE; null for anything else. */
export function readSelector(text: string): Selector | null {
  const [, name, range = null] = /^ *((?:@[^/@ ]+\/)?[^@/ ]+)(?:@(.+))?$/.exec(text) ?? [];
  return name === undefined ? null : { name, range };
}

/** Whether a package is one that a selector means. */
export function isSelected({ name, range }: Selector, asker: Asker): boolean {
  return (
    asker.name === name &&
    (range === null || (asker.version !== null && satisfies(asker.version, range, { loose: true })))
  );
}

/** Whether an override is about what `asker` asks for by its name; `spec` is how, null where that is not known. */
export function overrides({ parent, target }: Override, asker: Asker, spec: string | null): boolean {
  if (parent !== null && !isSelected(parent, asker)) return false;
  if (target.range === null || spec === null || target.range === spec) return true;
  const asked = aliasTarget(spec) === null ? spec : spec.replace(/^.*@/, '');
  return validRange(asked) !== null && validRange(target.range) !== null && intersects(asked, target.range);
}
