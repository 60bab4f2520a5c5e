import { FIRST_COLUMNS, MARK_STEP, type PageData } from './data.ts';
import { open } from './details.ts';
import { byId } from './dom.ts';
import { cellText, rowOf, type Row } from './rows.ts';

/** Pixels of the screen that a mark gets at least, and the fewest marks in a row. */
const ROOM = 16;
const FEWEST = 24;

const map = byId('map');

/** The map: as many marks in a row as there is room for, names below the pointer, and details on a click. */
export function startMap({ layers }: PageData): void {
  let columns = FIRST_COLUMNS;
  const drawings = [...map.querySelectorAll('svg')].map((svg, at) => ({
    svg,
    layer: layers[at] ?? [],
    paths: [...svg.children].map((path) => ({ path, marks: marksOf(path.getAttribute('d') ?? '') })),
  }));

  const draw = (): void => {
    const room = Math.max(FEWEST, Math.floor(map.clientWidth / ROOM));
    if (room === columns) return;
    columns = room;
    for (const { svg, layer, paths } of drawings) {
      const height = Math.ceil(layer.length / columns) * MARK_STEP;
      svg.setAttribute('viewBox', `0 0 ${columns * MARK_STEP} ${height}`);
      for (const { path, marks } of paths) {
        const d = marks.map(({ place, shape }) => {
          return `M${(place % columns) * MARK_STEP} ${Math.floor(place / columns) * MARK_STEP}${shape}`;
        });
        path.setAttribute('d', d.join(''));
      }
    }
  };

  const rowAt = ({ target, clientX, clientY }: MouseEvent): Row | null => {
    const svg = target instanceof Element ? target.closest('svg') : null;
    const drawing = drawings.find((one) => one.svg === svg);
    if (drawing === undefined) return null;
    const box = drawing.svg.getBoundingClientRect();
    const size = box.width / columns;
    const place = Math.floor((clientY - box.top) / size) * columns + Math.floor((clientX - box.left) / size);
    const index = drawing.layer[place];
    return index === undefined ? null : rowOf(index);
  };

  window.addEventListener('resize', draw);
  map.addEventListener('pointermove', (event) => {
    const row = rowAt(event);
    byId('map-name').textContent =
      row === null ? '' : `${row.name}: ${cellText(row.row, 1)}, proven: ${row.provenText}`;
  });
  map.addEventListener('click', (event) => {
    const row = rowAt(event);
    if (row !== null) open(row.index);
  });
  draw();
}

/** The marks of a path as it was written: which place of its layer each has, and its shape. */
function marksOf(d: string): readonly { readonly place: number; readonly shape: string }[] {
  return [...d.matchAll(/M(\d+) (\d+)([^M]*)/g)].map(([, x, y, shape = '']) => ({
    place: (Number(y) / MARK_STEP) * FIRST_COLUMNS + Number(x) / MARK_STEP,
    shape,
  }));
}
