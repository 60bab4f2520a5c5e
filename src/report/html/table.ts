import { formatInstant } from '../../model/time.ts';
import type { JudgedDependency, Verdict } from '../../model/verdict.ts';
import { count } from '../words/layout.ts';
import type { Node } from './graph.ts';
import { attribute, hostile, html, type Html } from './markup.ts';
import { provenOf, STATE_TEXTS, STATES, stateOf } from './state.ts';

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  fail: 'fails',
  unverified: 'no statement',
  warn: 'warning',
  pass: 'pass',
};
/** Classes of the verdicts, which are those of colours. */
const VERDICT_CLASSES: Readonly<Record<Verdict, string>> = {
  fail: 'fails',
  unverified: 'unverified',
  warn: 'warn',
  pass: 'pass',
};

/**
 * Every dependency in a table, with what narrows it down. Cells carry what a script sorts and filters by, so that it
 * needs no second copy of the data: `v` verdict, `p` proven, `k` kinds, `c` finding codes, `t` when published.
 */
export function dependencyTable(nodes: readonly Node[]): Html {
  return html`${filters(nodes)}
    <table id="table">
      <caption>
        Every dependency that was judged
      </caption>
      <thead>
        <tr>
          <th scope="col" data-by="name">Dependency</th>
          <th scope="col" data-by="v">Verdict</th>
          <th scope="col" data-by="p">Proven</th>
          <th scope="col" data-by="c">Findings</th>
          <th scope="col" data-by="k" class="wide">Kind</th>
          <th scope="col" data-by="t" class="wide">Published</th>
        </tr>
      </thead>
      <tbody>
        ${nodes.map(row)}
      </tbody>
    </table>
    <p class="more-rows"><button type="button" id="more" hidden></button></p>`;
}

function row({ index, judged }: Node): Html {
  const { dependency, verdict, findings, published, release } = judged;
  const proven = provenOf(judged);
  const codes = codesOf(judged);
  const when = published ?? release?.published ?? null;
  const day = when === null ? '' : formatInstant(when).slice(0, 10);
  const kinds = kindsOf(judged);
  const more = findings.length > 0 && codes.length > 2 ? html` and ${codes.length - 2} more` : null;
  return html`<tr
    id="d${index}"
    data-v="${verdict}"
    data-p="${proven}"
    data-k="${kinds.join(' ')}"
    data-c="${codes.join(' ')}"
    data-t="${day}"
    data-s="${stateOf(judged)}"
  >
    <th scope="row">
      <a href="#x${index}">${hostile(dependency.name, 120)}<wbr />@${hostile(dependency.version, 60)}</a>
    </th>
    <td class="${VERDICT_CLASSES[verdict]}">${VERDICT_WORDS[verdict]}</td>
    <td class="${proven}">${STATE_TEXTS[proven].short}</td>
    <td>${codes.slice(0, 2).join(', ')}${more}</td>
    <td class="wide">${kinds.join(', ')}</td>
    <td class="wide">${day}</td>
  </tr> `;
}

function codesOf({ findings }: JudgedDependency): readonly string[] {
  return [...new Set(findings.map(({ code }) => code))];
}

function kindsOf({ dependency, critical }: JudgedDependency): readonly string[] {
  const { direct, dev, optional, peer } = dependency;
  return [
    direct ? 'direct' : 'indirect',
    ...(dev ? ['dev'] : []),
    ...(optional ? ['optional'] : []),
    ...(peer ? ['peer'] : []),
    ...(critical === null ? [] : ['critical']),
  ];
}

function filters(nodes: readonly Node[]): Html {
  const judged = nodes.map((node) => node.judged);
  const codes = [...new Set(judged.flatMap(codesOf))].sort();
  const verdicts = Object.entries(VERDICT_WORDS).filter(([verdict]) => judged.some((each) => each.verdict === verdict));
  const proven = STATES.filter((state) => judged.some((each) => provenOf(each) === state));
  const kinds = [...new Set(judged.flatMap(kindsOf))].sort();
  return html`<form id="filters" role="search" aria-label="Dependencies" class="needs-script">
    <label>
      Search
      <input type="search" id="search" autocomplete="off" spellcheck="false" placeholder="name, version or finding" />
    </label>
    ${choice('v', 'Verdict', verdicts)}
    ${choice(
      'p',
      'Proven',
      proven.map((state) => [state, STATE_TEXTS[state].short]),
    )}
    ${choice(
      'c',
      'Finding',
      codes.map((code) => [code, code]),
    )}
    ${choice(
      'k',
      'Kind',
      kinds.map((kind) => [kind, kind]),
    )}
    <button type="reset">Show all</button>
    <p id="shown" role="status">${count(nodes.length, 'dependency', 'dependencies')}</p>
  </form>`;
}

function choice(name: string, label: string, options: readonly (readonly string[])[]): Html {
  return html`<label>
    ${label}
    <select name="${name}">
      <option value="">any</option>
      ${options.map(([value = '', text = '']) => html`<option value="${attribute(value)}">${text}</option>`)}
    </select>
  </label>`;
}
