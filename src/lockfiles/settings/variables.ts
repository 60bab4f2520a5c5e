import {
  ABSOLUTE,
  handedOn,
  nodeOptions,
  OF_REPOSITORY,
  ofRepository,
  path,
  pathOrAddress,
  SCRIPTS,
  type CodeRule,
} from './rules.ts';
import { settingName } from './names.ts';

/** A file or folder, by whatever path: one that is not absolute may lead into the repository. */
const file: CodeRule = (value, { isInRepository }) =>
  value !== '' && (/\$\{?(?:PWD|INIT_CWD)\b/.test(value) || !ABSOLUTE.test(value) || isInRepository(value))
    ? OF_REPOSITORY
    : null;

/** What a rule says of the first of several, as the variables of search paths and of commands have them. */
const firstOf =
  (separator: RegExp, rule: CodeRule): CodeRule =>
  (value, place) =>
    value.split(separator).reduce<ReturnType<CodeRule>>((found, one) => found ?? rule(one, place), null);

const searchPath = firstOf(/[;\s]+|(?<!^[a-z]):/i, file);
const libraries = firstOf(/[;:\s]+/, path);
const command = firstOf(/[\s"'=]+/, path);
/**
 * Folders of libraries that no other program than the project's own has: from the folder of a package they lead
 * nowhere.
 */
const modules = firstOf(/[;:]+/, (value, place) =>
  /^(?:[^./\\~$]|\.(?:$|[/\\]))/.test(value) ? null : file(value, place),
);
const bunOptions: CodeRule = (value, place) =>
  /(?:^|\s)(?:--preload|--config|-c|--cwd)(?=[\s=]|$)/.test(value) ? OF_REPOSITORY : nodeOptions(value, place);
const compilerFlags: CodeRule = (value) =>
  /-fplugin|-specs|-wrapper|(?:^|\s)(?:-B|@)\S/.test(value) ? OF_REPOSITORY : null;
const makeFlags: CodeRule = (value) => (/^(?:-{0,2}(?:j|jobs=?)\d*|\s)*$/.test(value) ? null : OF_REPOSITORY);

/**
 * Variables by which a program that installs loads or runs other code: the linker, shells, interpreters, compilers and
 * git. All others are the project's own affair, as most files of variables have nothing else.
 */
const RULES: readonly (readonly [RegExp, CodeRule])[] = [
  [/^NODE_OPTIONS$/i, nodeOptions],
  [/^BUN_OPTIONS$/, bunOptions],
  [/^(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)$/, libraries],
  [/^(?:LD_LIBRARY_PATH|DYLD_\w*PATH|NODE_PATH|PERL5LIB|RUBYLIB|PATH|GIT_EXEC_PATH)$/, searchPath],
  [/^(?:BASH_ENV|PERL5OPT|RUBYOPT|BUN_INSPECT_PRELOAD|OPENSSL_CONF|GIT_TEMPLATE_DIR|PYTHONHOME|PYTHONSTARTUP)$/, file],
  [/^(?:ENV|ZDOTDIR)$/, path],
  [/^PYTHON(?:PATH|USERBASE|PYCACHEPREFIX)$/, modules],
  [/^GIT_CONFIG/, ofRepository],
  [/^GIT_(?:SSH|SSH_COMMAND|ASKPASS|PROXY_COMMAND|EXTERNAL_DIFF|EDITOR|SEQUENCE_EDITOR|PAGER)$/, command],
  [/^(?:CC|CXX|CPP|LD|AR|LINK|MAKE|PYTHON|SHELL|COMSPEC|SSH_ASKPASS|NODE_GYP|npm_(?:node_)?execpath)$/, command],
  // As the crate cc and cgo read them, of a target or not.
  [/^(?:(?:HOST|TARGET)_)?(?:CC|CXX|AR|RANLIB|FC|PKG_CONFIG)(?:_[\w.-]+)?$/, command],
  [/^(?:C|CXX|CPP|LD)FLAGS$/, compilerFlags],
  [/^(?:GNU)?MAKEFLAGS$/, makeFlags],
  [
    /_(?:BINARY_(?:HOST|HOST_MIRROR|MIRROR|SITE|URL|PATH|DIR)|INSTALL_BINARY|DOWNLOAD_(?:HOST|BASE_URL)|DIST_BASE_URL)$/i,
    pathOrAddress,
  ],
  [/_MIRROR$/i, pathOrAddress],
];

/** The rule of a variable that a package manager hands on to install scripts. */
export function codeOfVariable(variable: string): CodeRule | undefined {
  const rule = RULES.find(([names]) => names.test(variable))?.[1];
  const setting = /^npm_config_(.+)$/i.exec(variable)?.[1];
  if (rule !== undefined || setting === undefined) return rule;
  const name = settingName(setting);
  return Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : handedOn(name);
}
