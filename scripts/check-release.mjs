/**
 * `node scripts/check-release.mjs`, in a release workflow of GitHub Actions, exits 1 and says why where package.json
 * and what runs must not be published together. npm compares `repository` with the provenance only after everything was
 * built and a name may be taken: here it is asked first.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { GITHUB_REPOSITORY = '', GITHUB_REF = '' } = process.env;
const manifest = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8'));

const reasons = refusals(manifest);
for (const reason of reasons) console.error(`check-release: ${reason}`);
if (reasons.length > 0) {
  console.error('docs/releasing.md says what to set');
  process.exitCode = 1;
}

function refusals({ version, repository, private: isPrivate }) {
  const url = `git+https://github.com/${GITHUB_REPOSITORY}.git`;
  const tag = `refs/tags/v${version}`;
  return [
    !/^[\w.-]+\/[\w.-]+$/.test(GITHUB_REPOSITORY) &&
      'GITHUB_REPOSITORY names no repository: this runs in GitHub Actions',
    repository === undefined && 'package.json has no repository',
    repository !== undefined &&
      (repository?.type !== 'git' || repository.url !== url || repository.directory !== undefined) &&
      `repository of package.json is ${JSON.stringify(repository)}, not {"type":"git","url":"${url}"}`,
    isPrivate !== undefined && 'package.json is private',
    !/^\d+\.\d+\.\d+$/.test(String(version)) && `version ${JSON.stringify(version)} is not MAJOR.MINOR.PATCH`,
    GITHUB_REF !== tag && `what runs is ${GITHUB_REF || 'no ref'}, not ${tag}`,
  ].filter((reason) => reason !== false);
}
