import type { Comparison, VersionFacts } from '../../model/comparison.ts';
import { formatInstant, type Instant } from '../../model/time.ts';
import type { JudgedDependency } from '../../model/verdict.ts';
import { hostile, html, type Html } from './markup.ts';

/** Something that happened to a package, and when. */
export interface Event {
  readonly time: Instant;
  readonly text: Html;
  readonly isProven: boolean;
}

/** Events in a list, the earliest first; nothing where there are fewer than two, as one has no order. */
export function timeline(events: readonly Event[]): Html | null {
  if (events.length < 2) return null;
  const sorted = [...events].sort((a, b) => a.time - b.time);
  return html`<h4>Timeline</h4>
    <ol class="timeline">
      ${sorted.map(({ time, text, isProven }) => {
        const written = formatInstant(time);
        return html`<li class="${isProven ? 'proven' : ''}">
          <time datetime="${written}">${written.replace('T', ' ')}</time>
          ${text}
        </li>`;
      })}
    </ol>`;
}

/** What a run knows of one version: since when the package has provenance, when it was published and built. */
export function timesOf({ dependency, release, published, proofs }: JudgedDependency): readonly Event[] {
  const since = release?.provenanceSince ?? null;
  const when = published ?? release?.published ?? null;
  const built = proofs.provenance?.bundle.times[0] ?? null;
  return [
    ...event(since?.published, false, () => {
      return html`${hostile(since?.version ?? '', 60)} was the first version with provenance, as the registry says`;
    }),
    ...event(built?.time, true, () => html`its provenance was logged`),
    ...event(when, false, () => html`${hostile(dependency.version, 60)} was published`),
  ];
}

/** The version before, this one, and a later one that has provenance again. */
export function timesBeside({ predecessor, current, later }: Comparison): readonly Event[] {
  const version = (facts: VersionFacts | null): readonly Event[] =>
    event(facts?.published, facts?.provenance === 'proven', () => {
      const by = facts?.publisher ?? null;
      return html`${hostile(facts?.version ?? '', 60)} was
      published${by === null ? null : html` by ${hostile(by, 80)}`}; provenance: ${facts?.provenance ?? 'unknown'}`;
    });
  const after =
    later !== null && 'version' in later
      ? event(later.published, false, () => {
          const says = later.state === 'proven' ? 'has provenance again' : 'announces provenance that does not hold';
          return html`${hostile(later.version, 60)} ${says}`;
        })
      : [];
  return [...version(predecessor), ...version(current), ...after];
}

function event(time: Instant | null | undefined, isProven: boolean, text: () => Html): readonly Event[] {
  return time === null || time === undefined ? [] : [{ time, text: text(), isProven }];
}
