/** Colours by name; the page is in one of two. */
export type Palette = Readonly<Record<ColorName, string>>;

/** Colours of text, on `page` as on `panel`. */
export const TEXT_COLORS = [
  'text',
  'dim',
  'link',
  'fails',
  'unverified',
  'warn',
  'provenance',
  'signature',
  'hash',
  'nothing',
  'held',
] as const;
type ColorName = (typeof TEXT_COLORS)[number] | 'page' | 'panel' | 'line' | 'control';

export const LIGHT: Palette = {
  page: '#ffffff',
  panel: '#f4f6f8',
  text: '#1b1f24',
  dim: '#4a545e',
  line: '#d0d5dc',
  control: '#737d88',
  link: '#0b57b0',
  fails: '#b3261e',
  unverified: '#7d4600',
  warn: '#7d4600',
  provenance: '#1a6a3a',
  signature: '#1d5fa8',
  hash: '#6a4fa3',
  nothing: '#59636e',
  held: '#00626f',
};

export const DARK: Palette = {
  page: '#14171b',
  panel: '#1d2127',
  text: '#e6e9ed',
  dim: '#a9b2bc',
  line: '#3a414a',
  control: '#7d8792',
  link: '#7db4ff',
  fails: '#ff8a80',
  unverified: '#f2b84b',
  warn: '#f2b84b',
  provenance: '#6fd08c',
  signature: '#7db4ff',
  hash: '#c3a6ff',
  nothing: '#a0a8b1',
  held: '#5fd0e0',
};

/** The palette as custom properties of CSS. */
export function propertiesOf(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, color]) => `--${name}:${color}`)
    .join(';');
}
