/** The result of reading hostile JSON: a value of the model, or one line that says what is wrong with it. */
export type Parsed<T> = { readonly value: T } | { readonly malformed: string };

/** Text of at most `max` characters, or null. */
export function textOf(value: unknown, max: number): string | null {
  return typeof value === 'string' && value.length <= max ? value : null;
}

/** Whether objects and arrays nest at most `max` deep. */
export function isWithinDepth(value: unknown, max: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > max) return false;
    level = level.flatMap((item): unknown[] => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return true;
}
