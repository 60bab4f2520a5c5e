import type { Dependency } from '../../model/dependency.ts';
import type { Report } from '../../model/report.ts';
import { formatInstant } from '../../model/time.ts';
import { isFoldable } from '../parts/group.ts';
import { groupFindings, sizeText, subjectOf, type Group, type GroupItem } from '../words/grouping.ts';
import { count } from '../words/layout.ts';
import { describe, findingClause, findingReason, findingTitle, subjectText } from '../words/messages.ts';
import { reviewList, type QueueItem } from '../parts/queue.ts';
import { firstSeenText, overdueText, ownerText } from '../words/review-words.ts';
import { nextCommands } from '../review/terminal.ts';
import { hostile, html, type Html } from './markup.ts';

/** Dependencies of one finding that are shown at once, and behind a click. */
const FIRST = 5;
const MOST = 200;

/** Says where a dependency is in the page. */
type LinkTo = (dependency: Dependency) => Html;

/** Findings by code, the gravest first: what, why, which dependencies, and the next command. */
export function attention(report: Report, linkTo: LinkTo): Html {
  const groups = groupFindings(report);
  if (groups.length === 0) return html`<p>Nothing: no finding about any dependency or lockfile.</p>`;
  return html`${groups.map((group) => groupMarkup(group, linkTo))}`;
}

function groupMarkup(group: Group, linkTo: LinkTo): Html {
  const { code, label, items } = group;
  // What fails is named whole, however many there are.
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
      items.every(({ dependency }) => dependency === null)
        ? null
        : html`<p class="needs-script">
            <button type="button" data-show="${code}">
              Show ${items.length === 1 ? 'it' : `all ${items.length}`} in the table
            </button>
          </p>`
    }`;
  const title = html`<b class="${label}">${label}</b> <code>${code}</code>: ${findingTitle(code)} (${sizeText(items)})`;
  // A note is worth a line.
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

/** Each with what was found, where, and what to do: the command once where it is the same for all. */
function itemList(items: readonly GroupItem[], linkTo: LinkTo): Html {
  const helpOf = (item: GroupItem): string => describe(item.findings[0], subjectOf(item)).help;
  const helps = new Set(items.map(helpOf));
  return html`<ul>
      ${items.map((item) => {
        const { dependency, findings, place } = item;
        // The details of the dependency have all.
        const more = findings.length - 1;
        const late = findings.find(({ review }) => review?.overdue === true)?.review;
        return html`<li>
          ${dependency === null ? null : linkTo(dependency)}${dependency?.direct === true ? ' (direct)' : null}
          ${findingClause(findings[0])}${more > 0 ? `; and ${count(more, 'more such finding')}` : null}${
            place === null ? null : html` <span class="place">${hostile(place.file, 120)}:${place.line}</span>`
          }${late === undefined ? null : html` <strong class="error">${overdueText(late)}</strong>`}${
            helps.size === 1 ? null : html` <span class="next">Next: <code>${helpOf(item)}</code></span>`
          }
        </li>`;
      })}
    </ul>
    ${helps.size === 1 ? html`<p>Next: <code>${[...helps][0] ?? ''}</code></p>` : null}`;
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
