import type { Dependency } from '../../model/dependency.ts';
import type { Report } from '../../model/report.ts';
import { formatInstant } from '../../model/time.ts';
import { isFoldable } from '../parts/group.ts';
import { sizeText, type Group, type GroupItem } from '../words/grouping.ts';
import { count } from '../words/layout.ts';
import { findingReason, findingTitle, subjectText } from '../words/messages.ts';
import { reviewList, type QueueItem } from '../parts/queue.ts';
import { firstSeenText, ownerText } from '../words/review-words.ts';
import { nextCommands } from '../review/terminal.ts';
import { groupsForPeople, statementsOf, type Statement } from '../parts/statements.ts';
import { hostile, html, type Html } from './markup.ts';

/** Dependencies of one finding that are shown at once, and behind a click. */
const FIRST = 5;
const MOST = 200;

/** Says where a dependency is in the page. */
type LinkTo = (dependency: Dependency) => Html;

/** Findings by code, the gravest first: what, why, which dependencies, and the next command. */
export function attention(report: Report, linkTo: LinkTo): Html {
  const groups = groupsForPeople(report);
  if (groups.length === 0) return html`<p>Nothing: no finding about any dependency or lockfile.</p>`;
  return html`${groups.map((group) => groupMarkup(group, linkTo))}`;
}

function groupMarkup(group: Group, linkTo: LinkTo): Html {
  const { code, label, items } = group;
  // Every failure is named, however many there are.
  const first = isFoldable(group) ? FIRST : items.length;
  const most = isFoldable(group) ? MOST : items.length;
  const others = items.slice(first, most);
  const body = html`<p>Why: ${findingReason(code)}.</p>
    ${itemList(items.slice(0, first), linkTo)}
    ${
      others.length === 0
        ? null
        : html`<details>
            <summary>${count(items.length - first, 'more dependency', 'more dependencies')}</summary>
            ${itemList(others, linkTo)}
            ${items.length > most ? html`<p>and ${items.length - most} more, in the table below</p>` : null}
          </details>`
    }
    ${
      // Rows of the table are found by the codes of their own findings.
      isOfLockfiles(group)
        ? null
        : html`<p class="needs-script">
            <button type="button" data-show="${code}">
              Show ${items.length === 1 ? 'it' : `all ${items.length}`} in the table
            </button>
          </p>`
    }`;
  const title = html`<b class="${label}">${label}</b> <code>${code}</code>: ${findingTitle(code)} (${sizeText(items)})`;
  // A note takes one line.
  return label === 'note'
    ? html`<details class="group">
        <summary><h3>${title}</h3></summary>
        ${body}
      </details>`
    : html`<section class="group ${label}">
        <h3>${title}</h3>
        ${body}
      </section>`;
}

function isOfLockfiles({ code, items }: Group): boolean {
  return code === 'evidence-not-served' || items.every(({ dependency }) => dependency === null);
}

/** What was found, where, and what to do: each once where it is the same for several. */
function itemList(items: readonly GroupItem[], linkTo: LinkTo): Html {
  const statements = statementsOf(items);
  const helps = new Set(statements.map(({ help, helpForEach }) => `${String(helpForEach)} ${help}`));
  const [first] = statements;
  return html`<ul>
      ${statements.map((statement) => statementItem(statement, linkTo, helps.size > 1))}
    </ul>
    ${helps.size === 1 && first !== undefined ? html`<p>${nextMarkup(first)}</p>` : null}`;
}

function statementItem(statement: Statement, linkTo: LinkTo, withNext: boolean): Html {
  const { items, clauses, owed } = statement;
  const [first, ...others] = items;
  // The details of a dependency show all of them.
  const more = clauses.length - 1;
  const said = html`${clauses[0]}${more > 0 ? `; and ${count(more, 'more such finding')}` : null}`;
  const also = html`${owed === null ? null : html` <strong class="error">${owed}</strong>`}${
    withNext ? html` <span class="next">${nextMarkup(statement)}</span>` : null
  }`;
  if (others.length === 0) {
    return html`<li>${nameMarkup(first, linkTo)} ${said}${placeMarkup(first)}${also}</li>`;
  }
  return html`<li>
    Each ${said}${also}
    <ul>
      ${items.map((item) => html`<li>${nameMarkup(item, linkTo)}${placeMarkup(item)}</li>`)}
    </ul>
  </li>`;
}

function nextMarkup({ help, helpForEach }: Statement): Html {
  return html`Next${helpForEach ? ', for each' : null}: <code>${help}</code>`;
}

function nameMarkup({ dependency }: GroupItem, linkTo: LinkTo): Html | null {
  return dependency === null ? null : html`${linkTo(dependency)}${dependency.direct ? ' (direct)' : null}`;
}

function placeMarkup({ place }: GroupItem): Html | null {
  return place === null ? null : html` <span class="place">${hostile(place.file, 120)}:${place.line}</span>`;
}

/** What waits for a decision; null where no clock runs. */
export function reviewQueue(report: Report, linkTo: LinkTo): Html | null {
  if (report.review === null) return null;
  // The queue needs the time only to say how long there is left, which a page that is kept does not say.
  const { items } = reviewList(report, [], [], 0);
  if (items.length === 0) return html`<p>Nothing waits for a decision.</p>`;
  const more = items.length - MOST;
  const { pending, overdue, deadlineHours } = report.review;
  return html`<p>
      ${count(pending, 'finding')} to decide, ${overdue} overdue. A decision is due ${count(deadlineHours, 'hour')}
      after a version was first seen.
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="Review queue">
      <table>
        <caption>
          Review queue
        </caption>
        <thead>
          <tr>
            <th scope="col">Dependency</th>
            <th scope="col">Due</th>
            <th scope="col">Owner</th>
            <th scope="col">Finding</th>
            <th scope="col">First seen</th>
            <th scope="col">Next</th>
          </tr>
        </thead>
        <tbody>
          ${items.slice(0, MOST).map((item) => queueRow(item, linkTo))}
        </tbody>
      </table>
    </div>
    ${more > 0 ? html`<p>and ${more} more (<code>assay review --json</code> lists all)</p>` : null}`;
}

function queueRow(item: QueueItem, linkTo: LinkTo): Html {
  const { dependency, findings, review } = item;
  const due = formatInstant(review.due);
  return html`<tr>
    <th scope="row">${linkTo(dependency)}</th>
    <td>${review.overdue ? html`<strong class="error">overdue since ${due}</strong>` : html`${due}`}</td>
    <td>${ownerText(review.owner)}</td>
    <td>${findings.map(({ code }) => code).join(', ')}</td>
    <td>${firstSeenText(review.firstSeen)}</td>
    <td><code>${nextCommands(item)[0] ?? ''}</code></td>
  </tr> `;
}

/** A link to a dependency by its index; its name alone where it is not in the page. */
export function linker(indices: ReadonlyMap<Dependency, number>): LinkTo {
  return (dependency) => {
    const index = indices.get(dependency);
    const name = subjectText(dependency);
    return index === undefined ? html`${name}` : html`<a href="#x${index}">${name}</a>`;
  };
}
