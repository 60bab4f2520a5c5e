/** What the page has as JSON in the element `graph`. Dependencies are numbered as in the table. */
export interface PageData {
  /** Which dependencies each one asks for. */
  readonly requires: readonly (readonly number[])[];
  /** The dependencies of each layer of the map, in the order of their marks. */
  readonly layers: readonly (readonly number[])[];
}

/** From one mark of the map to the next, in the units of its drawing. */
export const MARK_STEP = 12;
/** Marks in a row before the script knows how many there is room for. */
export const FIRST_COLUMNS = 60;
