import { FIRST_COLUMNS, MARK_STEP } from './client/data.ts';
import { count } from '../words/layout.ts';
import type { Node } from './graph.ts';
import { html, type Html } from './markup.ts';
import { stateOf, STATE_TEXTS, STATES, type State } from './state.ts';

/** What is further away than this is one layer. */
const FURTHEST = 12;

/** Dependencies at one distance from the project, the gravest state first. */
interface Layer {
  readonly title: string;
  readonly nodes: readonly Node[];
}

/** The map, and the indices of what each of its layers has, in order. */
export interface DependencyMap {
  readonly markup: Html;
  readonly layers: readonly (readonly number[])[];
}

/** One mark for each dependency, in layers by distance from the project; the same in numbers beside it. */
export function dependencyMap(nodes: readonly Node[]): DependencyMap {
  const layers = layersOf(nodes);
  const drawings = layers.map(({ title, nodes: inLayer }) => {
    const height = Math.ceil(inLayer.length / FIRST_COLUMNS) * MARK_STEP;
    return html`<p>${title}: ${count(inLayer.length, 'dependency', 'dependencies')}</p>
      <svg viewBox="0 0 ${FIRST_COLUMNS * MARK_STEP} ${height}" aria-hidden="true">
        ${STATES.map((state) => pathOf(state, inLayer))}
      </svg>`;
  });
  const markup = html`<div class="map" id="map">
      ${drawings}
      <p id="map-name" aria-hidden="true"></p>
    </div>
    ${numbers(layers)}`;
  return { markup, layers: layers.map((layer) => layer.nodes.map(({ index }) => index)) };
}

function layersOf(nodes: readonly Node[]): readonly Layer[] {
  const byDepth = new Map<number, Node[]>();
  for (const node of nodes) {
    const depth = node.depth === null ? Infinity : Math.min(node.depth, FURTHEST);
    const layer = byDepth.get(depth);
    if (layer === undefined) byDepth.set(depth, [node]);
    else layer.push(node);
  }
  return [...byDepth]
    .sort(([a], [b]) => a - b)
    .map(([depth, inLayer]) => ({
      title: titleOf(depth),
      nodes: inLayer.sort((a, b) => STATES.indexOf(stateOf(a.judged)) - STATES.indexOf(stateOf(b.judged))),
    }));
}

function titleOf(depth: number): string {
  if (depth === 1) return 'Direct';
  if (depth === Infinity) return 'Brought in by others';
  return `${depth}${depth === FURTHEST ? ' or more' : ''} steps away`;
}

/** All marks of one state in a layer are one path, however many there are. */
function pathOf(state: State, inLayer: readonly Node[]): Html {
  const { shape } = STATE_TEXTS[state];
  const path = inLayer.flatMap(({ judged }, i) =>
    stateOf(judged) === state
      ? [`M${(i % FIRST_COLUMNS) * MARK_STEP} ${Math.floor(i / FIRST_COLUMNS) * MARK_STEP}${shape}`]
      : [],
  );
  return path.length === 0 ? html`` : html`<path class="${state}" d="${path.join('')}" />`;
}

function numbers(layers: readonly Layer[]): Html {
  const used = STATES.filter((state) => layers.some((layer) => numberOf(layer, state) > 0));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Numbers by distance">
    <table class="numbers">
      <caption>
        What is proven, by distance
      </caption>
      <thead>
        <tr>
          <th scope="col">Distance</th>
          ${used.map((state) => html`<th scope="col" class="${state}">${STATE_TEXTS[state].short}</th>`)}
          <th scope="col">all</th>
        </tr>
      </thead>
      <tbody>
        ${layers.map(
          (layer) =>
            html`<tr>
              <th scope="row">${layer.title}</th>
              ${used.map((state) => html`<td>${numberOf(layer, state)}</td>`)}
              <td>${layer.nodes.length}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function numberOf({ nodes }: Layer, state: State): number {
  return nodes.filter(({ judged }) => stateOf(judged) === state).length;
}
