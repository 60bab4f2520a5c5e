import { STABLE } from '../../model/channel.ts';
import type { Artifacts } from '../../model/dependency.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { Resolved } from '../../model/history.ts';
import type { IndexProject } from '../../model/pypi-index.ts';
import { artifactsOf } from '../../registries/pypi/artifacts.ts';
import type { PypiIndex } from '../../registries/pypi/index.ts';
import { conventionsOf } from '../conventions/index.ts';

/** What is asked of an index beside the chain. */
export function pypiQuestions(index: PypiIndex) {
  return {
    urlFor: index.urlFor,
    namedBy: index.namedBy,
    history: (name: string): Promise<Evidence<IndexProject>> => index.project(name),
    resolve: async (name: string, wanted: string): Promise<Evidence<Resolved>> => {
      const answer = await index.project(name);
      if (answer.state !== 'present') return answer;
      return { state: 'present', value: { history: answer.value, version: pick(answer.value, wanted) } };
    },
    artifacts: async (name: string, version: string): Promise<Artifacts> => {
      const answer = await index.project(name);
      return artifactsOf(answer.state === 'present' ? (answer.value.versions.get(version)?.files ?? []) : []);
    },
  };
}

/** As installers choose: no version that was taken back, unless it is named, and no prerelease for `latest`. */
function pick(project: IndexProject, wanted: string): string | null {
  const { versions } = conventionsOf('pypi');
  const named = project.spelling(wanted);
  if (named !== null) return named;
  const offered = [...project.versions.keys()].filter((one) => project.versions.get(one)?.deprecated === false);
  if (wanted !== 'latest') return versions.highest(offered, wanted);
  const stable = offered.filter((one) => versions.parse(one)?.channel === STABLE);
  return (stable.length > 0 ? stable : offered).toSorted(versions.compare).at(-1) ?? null;
}
