/** A resolution of Yarn 2 and later, `NAME@REFERENCE`, without the patches around it. */
export interface Locator {
  readonly name: string;
  /** Where it comes from, `PROTOCOL:SELECTOR#BINDING`, without its parameters. */
  readonly reference: string;
  /** With its colon; empty where there is none. */
  readonly protocol: string;
  /** What stands between protocol and binding. */
  readonly selector: string;
  /** What follows the reference after "::". */
  readonly parameters: URLSearchParams;
  /** What is applied to it once it is fetched: paths of patch files, or names of Yarn's own; the innermost first. */
  readonly patches: readonly string[];
}

/** A patch of a patch of a patch. */
const MAX_PATCHES = 8;

/** Null for what is no locator. */
export function parseLocator(text: string): Locator | null {
  const patches: string[] = [];
  for (let current = text; patches.length <= MAX_PATCHES;) {
    const parsed = parseUnpatched(current);
    if (parsed === null) return null;
    if (parsed.protocol !== 'patch:') return { ...parsed, patches: patches.reverse() };
    const patched = parsePatch(parsed.reference);
    if (patched === null) return null;
    patches.push(patched.patch);
    current = patched.inner;
  }
  return null;
}

/** What a `patch:` reference or range is applied to, decoded, and the patch; null for anything else. */
export function parsePatch(reference: string): { readonly inner: string; readonly patch: string } | null {
  const [, encoded, patch] = /^patch:([^#]*)#([^]*)$/.exec(withoutParameters(reference)) ?? [];
  if (encoded === undefined || patch === undefined) return null;
  try {
    return { inner: decodeURIComponent(encoded), patch };
  } catch {
    return null;
  }
}

function parseUnpatched(text: string): Omit<Locator, 'patches'> | null {
  const [, name, full] = /^((?:@[^@/]+\/)?[^@/]+)@([^]+)$/.exec(text) ?? [];
  if (name === undefined || full === undefined) return null;
  const reference = withoutParameters(full);
  const protocol = /^[a-z][a-z0-9+.-]*:/i.exec(reference)?.[0] ?? '';
  return {
    name,
    reference,
    protocol,
    selector: reference.slice(protocol.length).replace(/#[^]*$/, ''),
    parameters: new URLSearchParams(full.slice(reference.length + 2)),
  };
}

/** A range or reference without what Yarn binds to it. */
export function withoutParameters(reference: string): string {
  const at = reference.indexOf('::');
  return at === -1 ? reference : reference.slice(0, at);
}
