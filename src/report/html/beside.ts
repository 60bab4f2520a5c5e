import type { Comparison } from '../../model/comparison.ts';
import { dependencyTexts, factsBeside, gapText, scriptTexts } from '../words/changes.ts';
import { decisionsOf, diffOf, type Decision } from '../words/decisions.ts';
import { beforeText } from '../parts/explained.ts';
import { subjectText } from '../words/messages.ts';
import { hostile, html, link, type Html } from './markup.ts';
import { timeline, timesBeside } from './timeline.ts';

/** A version beside the one it is held against, what it adds, when all of it happened, and what can be decided. */
export function beside(comparison: Comparison): Html {
  const { ecosystem, name, current, predecessor } = comparison;
  const subject = subjectText({ ecosystem, name, version: current.version ?? '' });
  const title =
    predecessor === null
      ? html`${subject}, which has no predecessor`
      : html`${subject} beside ${beforeText(comparison)}${gapText(comparison)}`;
  const unknown = predecessor !== null && !comparison.manifestsKnown;
  return html`<section class="group">
    <h3>${title}</h3>
    ${facts(comparison)} ${unknown ? html`<p>New dependencies and install scripts are unknown.</p>` : null}
    ${list('New dependencies', dependencyTexts(comparison))}
    ${list('New or changed install scripts', scriptTexts(comparison))} ${timeline(timesBeside(comparison))}
    ${diff(comparison)} ${decisions(decisionsOf(comparison))}
  </section>`;
}

function facts({ current, predecessor }: Comparison): Html {
  const rows = factsBeside(current, predecessor).map(({ label, before, after, differs }) => {
    const value = (text: string | null): Html =>
      text === null ? html`<td>-</td>` : html`<td>${hostile(text, 200)}</td>`;
    return html`<tr class="${differs ? 'differs' : ''}">
      <th scope="row">${label}${differs ? ' (differs)' : null}</th>
      ${predecessor === null ? null : value(before)} ${value(after)}
    </tr> `;
  });
  return html`<table class="beside">
    <caption>
      What is known of ${predecessor === null ? 'it' : 'both'}
    </caption>
    <thead>
      <tr>
        <th scope="col">Fact</th>
        ${predecessor === null ? null : html`<th scope="col">Before</th>`}
        <th scope="col">This version</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function list(title: string, texts: readonly string[]): Html | null {
  return texts.length === 0
    ? null
    : html`<h4>${title}</h4>
        <ul>
          ${texts.map((text) => html`<li>${text}</li>`)}
        </ul>`;
}

function diff(comparison: Comparison): Html | null {
  const { command, url } = diffOf(comparison);
  if (command === null && url === null) return null;
  return html`<p>
    Read the difference: ${command === null ? null : html`<code>${command.join(' ')}</code>`}
    ${url === null ? null : link(url)}
  </p>`;
}

const WORDS: Readonly<Record<Decision['decision'], string>> = {
  stay: 'Stay on the version before',
  update: 'Update to a later version',
  accept: 'Accept this version',
  expect: 'Expect this builder from now on',
  ask: 'Ask the project',
};

function decisions(possible: readonly Decision[]): Html | null {
  if (possible.length === 0) return null;
  return html`<h4>What can be decided</h4>
    <ul>
      ${possible.map(
        ({ decision, note, edit, commands, policy, url }) =>
          html`<li>
            ${WORDS[decision]}${note === null ? null : ` (${note})`}${edit === null ? null : html`, in ${edit.file}:${lines(edit.lines)}`}${lines([...commands.map((words) => words.join(' ')), ...policy])}
            ${url === null ? null : link(url)}
          </li>`,
      )}
    </ul>`;
}

function lines(texts: readonly string[]): Html | null {
  return texts.length === 0 ? null : html`<pre tabindex="0"><code>${texts.join('\n')}</code></pre>`;
}
