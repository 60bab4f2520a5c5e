import type { Grammar } from '../../exec/programs/grammar.ts';
import { PIP, PIP_INSTALL, PIP_OPTIONS, UV, UV_OPTIONS, UV_PIP, UV_SYNC } from '../../exec/programs/python.ts';

/** Options by which versions are chosen, and builds are told something. */
const CHOOSING = '--pre -U --upgrade --config-settings= -C= --no-build-isolation --build-constraint=';
const PIP_CHOOSING = `${CHOOSING}
  -e= --editable= --upgrade-strategy= --use-pep517 --no-use-pep517 --group= --uploaded-prior-to=`;
const UV_CHOOSING = `${CHOOSING}
  -P= --upgrade-package= --resolution= --prerelease= --exclude-newer= --exclude-newer-package= --fork-strategy=
  --no-sources --no-sources-package= --config-setting=`;
const UV_ADD = `${UV_SYNC} ${UV_CHOOSING}
  --optional= --editable --no-editable --raw --bounds= --no-sync --workspace --no-workspace -r= --requirements= -c=
  --constraints= --script=(?!.*) --rev= --tag= --branch= --lfs -m= --marker=`;

/** What pip and uv may be told at the gate: whatever names no index, and no file that may name one unseen. */
export const AT_GATE: Readonly<Record<string, Grammar>> = {
  [PIP.name]: {
    options: PIP_OPTIONS,
    verbs: `
      locked install: ${PIP_INSTALL} ${PIP_CHOOSING}
      locked download: ${PIP_INSTALL} ${PIP_CHOOSING} -d= --dest=
      locked wheel: ${PIP_INSTALL} ${PIP_CHOOSING} -w= --wheel-dir=
      locked lock: ${PIP_INSTALL} ${PIP_CHOOSING} -o= --output=
      plain list|show|check|freeze|help|inspect|hash|cache|debug|completion: *
      plain uninstall: -r= --requirement= -y --yes --break-system-packages`,
  },
  [UV.name]: {
    options: UV_OPTIONS,
    verbs: `
      locked sync: ${UV_SYNC} ${UV_CHOOSING} --check --dry-run
      locked lock: ${UV_CHOOSING} --check --locked --dry-run -p=[\\w.@+-]+ --python=[\\w.@+-]+
      locked add: ${UV_ADD}
      locked remove: ${UV_SYNC} ${UV_CHOOSING} --optional= --no-sync
      runs run: ${UV_SYNC} ${UV_CHOOSING} --no-sync -m --module --env-file= --no-env-file --with= -w= --with-editable=
        --isolated --no-project
      locked pip install|pip sync: ${UV_PIP} ${UV_CHOOSING} -e= --editable= --group=
      locked pip compile: ${UV_PIP} ${UV_CHOOSING} -o= --output-file= --generate-hashes --universal --no-header
        --no-annotate --annotation-style= --all-extras --extra= --no-strip-extras --no-strip-markers --custom-compile-command=
      locked export|tree: ${UV_SYNC} ${UV_CHOOSING} -o= --output-file= --format= --depth= --no-hashes --no-annotate
        --no-header --outdated --invert
      plain pip list|pip show|pip check|pip freeze|pip tree|pip uninstall|help|python list|python find|python dir: *
      plain cache dir|cache clean|cache prune|cache size|generate-shell-completion: *
      plain venv: -p=[\\w.@+-]+ --python=[\\w.@+-]+ --clear -c --allow-existing --relocatable --prompt= --no-project
      plain init: --name= --bare --package --no-package --app --lib --vcs= --no-readme --no-workspace --build-backend=`,
  },
};

/** Options that say who is asked, or name a file that does. pip takes the beginning of one for it. */
export const LEADING: readonly string[] = [
  '--index-url',
  '--pypi-url',
  '--extra-index-url',
  '--find-links',
  '--no-index',
  '--isolated',
  '--proxy',
  '--index',
  '--default-index',
  '--config-file',
];
