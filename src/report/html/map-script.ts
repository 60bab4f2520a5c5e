/**
 * The part of the page's script for the map: as many marks in a row as there is room for, names, and details on a
 * click.
 */
export const MAP_SCRIPT = String.raw`const map = byId('map');
const STEP = 12;
let columns = 60;
const drawings = [...map.querySelectorAll('svg')].map((svg) => ({
  svg,
  paths: [...svg.children].map((path) => ({
    path,
    marks: [...path.getAttribute('d').matchAll(/M(\d+) (\d+)([^M]*)/g)].map(([, x, y, shape]) => ({ place: (y / STEP) * columns + x / STEP, shape })),
  })),
}));
const draw = () => {
  const room = Math.max(24, Math.floor(map.clientWidth / 16));
  if (room === columns) return;
  columns = room;
  drawings.forEach(({ svg, paths }, at) => {
    svg.setAttribute('viewBox', '0 0 ' + columns * STEP + ' ' + Math.ceil(layers[at].length / columns) * STEP);
    for (const { path, marks } of paths) {
      path.setAttribute('d', marks.map(({ place, shape }) => 'M' + (place % columns) * STEP + ' ' + Math.floor(place / columns) * STEP + shape).join(''));
    }
  });
};
window.addEventListener('resize', draw);
draw();
const markAt = ({ target, clientX, clientY }) => {
  const svg = target.closest('svg');
  const at = drawings.findIndex((drawing) => drawing.svg === svg);
  if (at === -1) return undefined;
  const box = svg.getBoundingClientRect();
  const size = box.width / columns;
  return layers[at][Math.floor((clientY - box.top) / size) * columns + Math.floor((clientX - box.left) / size)];
};
map.addEventListener('pointermove', (event) => {
  const row = rows[markAt(event)];
  byId('map-name').textContent = row === undefined ? '' : row.name + ': ' + row.row.cells[1].textContent.trim() + ', proven: ' + WORDS[row.p];
});
map.addEventListener('click', (event) => {
  const index = markAt(event);
  if (index !== undefined) open(index);
});
`;
