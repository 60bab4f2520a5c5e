import { escapeText } from './escape.ts';

/**
 * Text of a package or of a person as a code span, in which Markdown has no effect and mentions reach no account. A
 * backtick would end the span and a bar a table cell, so both are escaped like invisible characters.
 */
export function codeSpan(text: string, max = 120): string {
  return code(escapeText(text, max));
}

/** A code span of text that is already escaped. */
export function code(escaped: string): string {
  const inner = escaped.replace(/[`|]/g, (found) => `\\u{${found.charCodeAt(0).toString(16)}}`);
  return inner === '' ? '`""`' : `\`${inner}\``;
}

/** A table of cells that are Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Text that is shown as it is, so that "@ada" still calls Ada: everything else that means something is escaped. */
export function plainText(text: string, max = 120): string {
  return escapeText(text, max)
    .replace(/[\\`*_{}[\]()#|~!]/g, '\\$&')
    .replace(/[&<>]/g, (found) => `&#${found.charCodeAt(0)};`);
}
