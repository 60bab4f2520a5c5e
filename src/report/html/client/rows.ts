import { first } from './dom.ts';

/** A row of the table, with what it is searched and sorted by. */
export interface Row {
  readonly row: HTMLTableRowElement;
  readonly link: HTMLElement;
  readonly index: number;
  readonly name: string;
  readonly verdict: string;
  readonly proven: string;
  /** What is proven, in words. */
  readonly provenText: string;
  /** Verdict and proof in one, as on the map. */
  readonly state: string;
  readonly kinds: readonly string[];
  readonly codes: readonly string[];
  /** The day of its publication; empty where it is not known. */
  readonly published: string;
  /** What a search looks into. */
  readonly text: string;
  /** The row below it with its details, while it is open. */
  detail: HTMLTableRowElement | null;
}

export const tableBody = first(document, '#table > tbody') as HTMLTableSectionElement;

/** The dependencies in the order of the page, which is that of their numbers. */
export const rows: readonly Row[] = [...tableBody.rows].map((row, index) => {
  const { v = '', p = '', k = '', c = '', t = '', s = '' } = row.dataset;
  const name = cellText(row, 0);
  return {
    row,
    link: first(row, 'th > a'),
    index,
    name,
    verdict: v,
    proven: p,
    provenText: cellText(row, 2),
    state: s,
    kinds: k.split(' '),
    codes: c === '' ? [] : c.split(' '),
    published: t,
    text: `${name} ${c}`.toLowerCase(),
    detail: null,
  };
});

/** The row of a dependency that the page has. */
export function rowOf(index: number): Row {
  const row = rows[index];
  if (row === undefined) throw new Error(`The page has no dependency ${index}.`);
  return row;
}

export function cellText(row: HTMLTableRowElement, at: number): string {
  return (row.cells[at]?.textContent ?? '').trim();
}

export function isProven({ proven }: Row): boolean {
  return proven === 'provenance' || proven === 'held';
}
