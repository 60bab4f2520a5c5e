/** Policy files that are accepted. */
export const VALID: Readonly<Record<string, string>> = {
  'packages of ecosystems': `critical: [direct, 'npm:a', 'go:golang.org/x/*']
expect:
  'go:*': {provenance: optional}
  npm:lodash: {repository: 'https://github.com/o/r'}
  go:github.com/BurntSushi/toml: {provenance: optional}
`,
  'a phase': 'enforce: critical\n',
  'with a document mark, comments and Windows line ends': '---\r\n# why\r\nenforce: all # now\r\n',
  'in flow style': '{enforce: all, critical: [direct, "@a/*"]}\n',
  'a quoted key': '"enforce": observe\n',
  'every fact, exact': `expect:
  a:
    repository: https://github.com/o/r
    workflow: .github/workflows/x.yml
    ref: refs/heads/main
    issuer: https://token.actions.githubusercontent.com
    owner: https://github.com/o
    runner: self-hosted
    trigger: push
    signer: https://github.com/o/r/.github/workflows/x.yml@refs/heads/main
`,
  'every fact as a pattern': `expect:
  '@a/b-*':
    repository: {pattern: https://github.com/o/*}
    workflow: {pattern: '**/*.yml'}
    ref: {pattern: refs/tags/v*}
    issuer: {pattern: https://*}
    owner: {pattern: https://*/o}
    trigger: {pattern: '*_dispatch'}
    signer: {pattern: https://github.com/o/**@refs/heads/main}
`,
  'every fact as what it must not be': `expect:
  a:
    repository: {not: https://github.com/o/r}
    workflow: {not: .github/workflows/x.yml}
    ref: {not: refs/heads/main}
    issuer: {not: https://gitlab.com}
    owner: {not: https://github.com/x}
    runner: {not: self-hosted}
    trigger: {not: push}
    signer: {not: https://github.com/o/r/.github/workflows/x.yml@refs/heads/main}
`,
  'every fact as a pattern it must not fit': `expect:
  a:
    repository: {not: {pattern: https://gitlab.com/**}}
    workflow: {not: {pattern: '**/test*'}}
    ref: {not: {pattern: refs/pull/**}}
    issuer: {not: {pattern: '*://gitlab.com'}}
    owner: {not: {pattern: https://gitlab.com/*}}
    trigger: {not: {pattern: '*_dispatch'}}
    signer: {not: {pattern: '**@refs/pull/**'}}
`,
  'a repository of an owner, but not one of them':
    'expect: {a: {owner: https://github.com/o, repository: {not: https://github.com/o/r}}}\n',
  'provenance since a version': 'expect:\n  a: {provenance: required, since: 1.2.0-rc.1}\n',
  'provenance since a date': 'expect:\n  a: {provenance: expected, since: 2026-01-31}\n',
  'provenance since a time': "expect:\n  a: {provenance: required, since: '2026-01-31T10:00:00Z'}\n",
  'a level': 'findings:\n  - {code: provenance-missing, level: note, reason: known}\n',
  'a contradiction as an error': 'findings:\n  - {code: signature-key-expired, level: error, reason: strict}\n',
  'levels for names, globs and all': `findings:
  - {code: history-too-new, level: error, reason: r}
  - {code: history-too-new, level: warning, reason: r, packages: ['@a/*', b]}
  - {code: history-too-new, level: note, reason: r, packages: ['@a/c']}
`,
  registries: `registries:
  mirrors:
    - {url: https://m.example/npm, of: https://registry.npmjs.org/}
  private:
    - {url: 'http://127.0.0.1:4873'}
    - {url: https://p.example/, keys: keys.json}
  redirects: [https://s.example/npm, 'http://127.0.0.1:9000']
  exempt: ['@corp/*']
`,
  'capabilities that select, and those that are stated': `critical:
  - axios
  - capability: network
  - capability: [process, install-script]
capabilities:
  chalk: []
  'aws-*': [network, environment]
  aws-sdk: [network]
`,
  'a trusted root': 'trust: {root: root.json}\n',
  'a policy of witnesses': 'trust: {witness-policy: witnesses.txt}\n',
  'witnesses of one instance':
    "trust: {instances: {own-one: {root: a.json, witness-policy: w.txt}}}\nexpect: {'@own/*': {instance: own-one}}\n",
  'signers of packs':
    'trust: {packs: [{key: k.pem}, {identity: me@example.com, issuer: https://example.com}, {identity: me@example.com, issuer: https://example.com, instance: own}]}\n',
  'a trusted root with all that can be said of it':
    "trust: {root: root.json, as-of: '2026-01-31', max-age: 30d, thresholds: {log: 0, sct: 0, time: 2}}\n",
  'a repository in a folder': `trust: {tuf: {folder: mirror, root: r.json, sha256: ${'ab'.repeat(32)}}}\n`,
  'instances of Sigstore': `trust:
  max-age: 24h
  instances:
    company: {root: company.pem, thresholds: {log: 0, sct: 0}, as-of: '2026-01-31'}
    github: {root: gh.jsonl}
    partner: {tuf: {url: 'https://tuf.partner.example/', root: r.json, sha256: ${'ab'.repeat(32)}}}
    other: {root: other.json, as-of: '2026-01-31', tuf: {folder: mirror, root: r.json}}
expect:
  '@company/*': {instance: company}
  '@app/*': {instance: github}
  '@partner/*': {instance: partner}
  '@other/*': {instance: other}
`,
  'the pinned instance of GitHub': "expect: {'@app/*': {instance: github}}\n",
  'an age': 'release-age: 48\n',
  advisories: 'advisories: [.assay/npm.zip, ../db/crates, /srv/osv]\n',
  'a deadline in hours': 'review: {deadline: 8760h}\n',
  'a review in full': `review:
  deadline: 2d
  queue: all
  owners:
    - {packages: ['@a/*', 'a-*'], owner: '@ada'}
    - {packages: ['@a/b'], owner: team web}
    - {packages: ['a-*-c'], owner: '@ada'}
  rotation: {from: 2026-03-30, people: ['@ada', '@bob', '@ada']}
`,
  'a rotation that began long ago': 'review: {rotation: {from: 1969-12-29, people: [ada]}}\n',
  'owners of equal weight that agree':
    'review: {owners: [{packages: [a-*], owner: o}, {packages: ["*-b"], owner: o}]}\n',
  'a more specific exception to an exemption':
    "registries: {exempt: ['@corp/*']}\nexpect:\n  '@corp/a': {provenance: required}\n",
  'globs of equal weight that nothing fits both':
    "expect:\n  'a-*': {runner: hosted}\n  'b-*': {runner: self-hosted}\n",
  'globs of unequal weight':
    "expect:\n  'a-*': {runner: hosted}\n  'a-b-*': {runner: self-hosted}\n  '*': {runner: hosted}\n",
  'globs of equal weight that agree': "expect:\n  'a-*': {runner: hosted}\n  '*-b': {runner: hosted}\n",
};

/** [file, line or null, what the error says]: the schema refuses these as well. */
export const WRONG_SHAPE: Readonly<Record<string, readonly [text: string, line: number | null, message: RegExp]>> = {
  'an unknown key': ['enforce: all\nregistry: {}\n', 2, /unknown key "registry"; known are enforce, critical,/],
  'a key of registries at the top': ['exempt: [a]\n', 1, /unknown key "exempt"; it belongs below registries/],
  'a key of review in trust': ['trust:\n  queue: [a]\n', 2, /unknown key "queue" in trust; it belongs below review/],
  'a key of the top in review': [
    'review:\n  enforce: all\n',
    2,
    /"enforce" in review; it belongs at the top of the file/,
  ],
  'a misspelt key': ['\nenforec: all\n', 2, /unknown key "enforec"; did you mean enforce\?/],
  'a misspelt key inside': [
    'expect:\n  a:\n    repositry: https://github.com/o/r\n',
    3,
    /unknown key "repositry" in expect of a; did you mean repository\?/,
  ],
  'a wrong phase': [
    'enforce: critcal\n',
    1,
    /enforce takes observe, guard, critical or all \(did you mean critical\?\), not "critcal"/,
  ],
  'a phase of another type': ['enforce: [all]\n', 1, /enforce takes observe, guard, critical or all, not a list/],
  'a phase that YAML 1.1 would read as true': ['enforce: on\n', 1, /not "on"/],
  'no value': ['enforce:\n', 1, /enforce takes observe, guard, critical or all, not nothing/],
  'a list of rules': ['- enforce: all\n', 1, /a policy is a mapping/],
  'an empty mapping': ['{}\n', 1, /takes a mapping with enforce/],
  'an empty list': [
    'critical: []\n',
    1,
    /critical takes a list of package names, globs, the word direct, or capabilities, not an empty/,
  ],
  'an unknown capability': [
    'critical:\n  - capability: netwrok\n',
    2,
    /capability takes network, .*\(did you mean network\?\), not "netwrok"/,
  ],
  'an unknown capability in a list': ['critical:\n  - capability:\n    - process\n    - shell\n', 4, /not "shell"/],
  'no capability': ['critical: [{capability: []}]\n', 1, /capability takes a list of capabilities, not an empty list/],
  'another selection': ['critical:\n  - capabilty: network\n', 2, /did you mean capability\?/],
  'a stated capability that is unknown': [
    'critical: [{capability: network}]\ncapabilities: {a: [net]}\n',
    2,
    /capabilities of a takes network, /,
  ],
  'a stated capability that is no list': [
    'critical: [{capability: network}]\ncapabilities: {a: network}\n',
    2,
    /capabilities of a takes a list of /,
  ],
  'a stated capability twice': [
    'critical: [{capability: network}]\ncapabilities: {a: [network, native, network]}\n',
    2,
    /capabilities of a has network twice/,
  ],
  'a name that is a number': ['critical:\n  - direct\n  - 7\n', 3, /critical takes a package name or a glob .* not 7/],
  'a name with a space': ['critical:\n  - a b\n', 2, /"a b" in critical is no package name/],
  'an ecosystem that nobody knows': ["critical: ['rust:a']\n", 1, /"rust:a" in critical .* \(npm, go, pypi, cargo\)/],
  'a glob over scopes': ["critical: ['**']\n", 1, /no package name/],
  'an expectation of nothing': ['expect:\n  a: {}\n', 2, /expect of a takes a mapping with repository,/],
  'a repository that is no address': ['expect:\n  a:\n    repository: o/r\n', 3, /repository takes the https address/],
  'a repository with .git': ['expect: {a: {repository: https://github.com/o/r.git}}\n', 1, /without \.git/],
  'a star in an exact value': [
    'expect:\n  a:\n    ref: refs/tags/*\n',
    3,
    /ref is exact.*write pattern: refs\/tags\/\*/,
  ],
  'a pattern without star': ['expect:\n  a:\n    ref: {pattern: refs/tags/v}\n', 3, /write ref: refs\/tags\/v/],
  'a pattern beside something': ['expect: {a: {ref: {pattern: refs/*, patern: x}}}\n', 1, /did you mean pattern\?/],
  'a key beside not': ['expect: {a: {ref: {not: refs/heads/x, nott: y}}}\n', 1, /did you mean not\?/],
  'pattern and not': ['expect: {a: {ref: {pattern: refs/**, not: refs/heads/x}}}\n', 1, /ref takes pattern or not/],
  'nothing that it must not be': ['expect: {a: {ref: {not: }}}\n', 1, /not takes a full ref, such as/],
  'a short ref that it must not be': ['expect: {a: {ref: {not: main}}}\n', 1, /not takes a full ref, such as/],
  'not of not': ['expect: {a: {ref: {not: {not: refs/heads/x}}}}\n', 1, /unknown key "not" in not/],
  'a pattern without star that it must not fit': [
    'expect:\n  a:\n    ref:\n      not: {pattern: refs/heads/x}\n',
    4,
    /write not: refs\/heads\/x/,
  ],
  'a runner that there is not': ['expect: {a: {runner: {not: own}}}\n', 1, /not takes hosted or self-hosted/],
  'a pattern for the runner': ['expect: {a: {runner: {pattern: "*"}}}\n', 1, /runner takes hosted or self-hosted/],
  'a short ref': ['expect: {a: {ref: main}}\n', 1, /ref takes a full ref, such as refs\/heads\/main/],
  'since without provenance': [
    'expect:\n  a:\n    runner: hosted\n    since: 1.0.0\n',
    4,
    /since goes with provenance/,
  ],
  'since where it is optional': ['expect:\n  a: {provenance: optional, since: 1.0.0}\n', 2, /makes no sense/],
  'since half a version': [
    'expect:\n  a: {provenance: required, since: 1.2}\n',
    2,
    /since takes a version such as 1\.2\.0/,
  ],
  'a level without reason': ['findings:\n  - code: provenance-lost\n    level: note\n', 2, /a level needs its reason/],
  'an empty reason': ["findings:\n  - {code: provenance-lost, level: note, reason: ''}\n", 2, /reason takes one line/],
  'an unknown code': [
    'findings:\n  - code: provenance-last\n    level: note\n    reason: r\n',
    2,
    /^assay\.yml:2: code takes one of the codes that assay explain lists \(did you mean provenance-lost\?\), not "provenance-last"$/,
  ],
  'a wrong level': [
    'findings:\n  - {code: provenance-lost, level: warn, reason: r}\n',
    2,
    /level takes error, warning or/,
  ],
  'a lowered contradiction': [
    'findings:\n  - code: integrity-mismatch\n    level: warning\n    reason: r\n',
    3,
    /integrity-mismatch is a contradiction, which no policy can lower/,
  ],
  'a missing answer that is lowered': [
    'findings:\n  - code: evidence-unavailable\n    level: note\n    reason: r\n',
    3,
    /cannot be lowered/,
  ],
  'a redirect to a host without its scheme': [
    'registries:\n  redirects:\n    - s.example\n',
    3,
    /redirects takes the http or https address that registries redirect to/,
  ],
  'a mirror of nothing': ['registries:\n  mirrors:\n    - url: https://m.example/\n', 3, /a mirror needs url and of/],
  'an address with credentials': [
    'registries: {private: [{url: "https://u:p@p.example/"}]}\n',
    1,
    /without credentials/,
  ],
  'an address of a file': ['registries: {private: [{url: "file:///x"}]}\n', 1, /http or https address/],
  'one path, not in a list': [
    'advisories: npm.zip\n',
    1,
    /advisories takes a list of paths of folders or zip archives/,
  ],
  'no paths': ['advisories: []\n', 1, /advisories takes a list/],
  'a path that is none': ['advisories: [1]\n', 1, /advisories takes the path of a folder or zip archive/],
  'a path twice': ['advisories:\n  - osv\n  - osv\n', 3, /advisories has osv twice/],
  'advisories in another place': ['trust: {advisories: [osv]}\n', 1, /it belongs at the top of the file/],
  'an age in words': ['release-age: two days\n', 1, /release-age takes a whole number from 1 to 8760, not "two days"/],
  'an age as text': ["release-age: '48'\n", 1, /whole number/],
  'no age at all': ['release-age: 0\n', 1, /whole number/],
  'half an hour': ['release-age: 0.5\n', 1, /whole number/],
  'an empty review': ['review: {}\n', 1, /review takes a mapping with deadline, queue, owners or rotation/],
  'a misspelt key of review': ['review:\n  dedline: 2d\n', 2, /unknown key "dedline" in review; did you mean deadline/],
  'a deadline without unit': [
    'review:\n  deadline: 48\n',
    2,
    /deadline takes hours such as 48h or days such as 2d, not 48/,
  ],
  'no deadline at all': ['review: {deadline: 0h}\n', 1, /deadline takes hours such as 48h/],
  'a deadline in weeks': ['review: {deadline: 1w}\n', 1, /deadline takes hours such as 48h/],
  'another queue': ['review: {queue: dirct}\n', 1, /queue takes direct or all \(did you mean direct\?\)/],
  'an owner of nothing': ['review:\n  owners:\n    - owner: ada\n', 3, /an entry of owners needs packages and owner/],
  'packages without an owner': ['review: {owners: [{packages: [a]}]}\n', 1, /needs packages and owner/],
  'nobody as owner': ['review: {owners: [{packages: [a], owner: ""}]}\n', 1, /owner takes a name/],
  'an owner that is not text': ['review: {owners: [{packages: [a], owner: 7}]}\n', 1, /owner takes a name/],
  'a rotation of nobody': ['review: {rotation: {from: 2026-03-30, people: []}}\n', 1, /people takes a list of names/],
  'a rotation without a beginning': [
    'review: {rotation: {people: [a]}}\n',
    1,
    /a rotation needs from, the date of a Monday/,
  ],
  'a rotation from some time': [
    "review: {rotation: {from: '2026-03-30T00:00:00Z', people: [a]}}\n",
    1,
    /from takes the date of a Monday, such as 2026-03-30/,
  ],
  'a rotation of too many': [
    `review: {rotation: {from: 2026-03-30, people: [${'a,\n '.repeat(201)}]}}\n`,
    1,
    /more than 200 people/,
  ],
  'a number of logs that is none': [
    'trust: {root: r, thresholds: {log: -1}}\n',
    1,
    /log takes a whole number from 0 to 8/,
  ],
  'no time at all': ['trust: {root: r, thresholds: {time: 0}}\n', 1, /time takes a whole number from 1 to 8/],
  'a repository in two places': [
    "trust: {tuf: {url: 'https://a.example/', folder: b, root: r}}\n",
    1,
    /url or folder, one of the two/,
  ],
  'a repository in no place': ['trust: {tuf: {root: r}}\n', 1, /needs url or folder, and root/],
  'a digest that is none': ['trust: {tuf: {folder: a, root: r, sha256: AB}}\n', 1, /sha256 takes 64 hex digits/],
  'a policy of witnesses that is no file': [
    'trust: {witness-policy: 3}\n',
    1,
    /path of a file with a policy of witnesses/,
  ],
  'signers of packs that are none': ['trust: {packs: []}\n', 1, /list of mappings with key/],
  'a signer of packs without an issuer': ['trust: {packs: [{identity: me@example.com}]}\n', 1, /identity and issuer/],
  'a signer of packs with two names': [
    'trust: {packs: [{key: k.pem, identity: me@example.com, issuer: https://example.com}]}\n',
    1,
    /needs key alone, or identity and issuer/,
  ],
  'a policy of witnesses by another name': ['trust: {witness: w.txt}\n', 1, /witness-policy/],
  'an age without unit': ['trust: {max-age: 30}\n', 1, /max-age takes hours such as 48h or days such as 2d/],
  'an instance without root': [
    'trust: {instances: {company: {thresholds: {log: 0}}}}\n',
    1,
    /instance company needs root/,
  ],
  'a day of a root that no file has': [
    'trust: {instances: {company: {as-of: 2026-01-31, tuf: {folder: a, root: r}}}}\n',
    1,
    /there is no root/,
  ],
  'a repository of an instance in no place': [
    'trust: {instances: {company: {tuf: {root: r}}}}\n',
    1,
    /needs url or folder, and root/,
  ],
  'an instance named like the main one': [
    'trust: {instances: {public-good: {root: r}}}\n',
    1,
    /public-good is the main instance/,
  ],
  'an instance with spaces': ['trust: {instances: {a b: {root: r}}}\n', 1, /"a b" is no name of an instance/],
  'an expected instance that is no name': ['expect: {a: {instance: A}}\n', 1, /instance takes the name of a Sigstore/],
  'a trusted root that is no path': ['trust:\n  root: [x]\n', 2, /root takes the path of a trusted-root file/],
};

/** The same for what a schema cannot say. */
export const WRONG_MEANING: typeof WRONG_SHAPE = {
  'a name that its ecosystem cannot have': [
    "critical: ['go:lodash']\n",
    1,
    /"go:lodash" in critical is no package name/,
  ],
  'a name twice, once with its ecosystem': [
    'critical:\n  - npm:a\n  - a\n',
    3,
    /a is already covered by npm:a in line 2/,
  ],
  'thresholds of the public-good instance': [
    'trust: {thresholds: {log: 0}}\n',
    1,
    /the thresholds of the public-good instance are fixed/,
  ],
  'a date of no root': ["trust: {as-of: '2026-01-31'}\n", 1, /there is no root/],
  'a date that is none': ["trust: {root: r, as-of: '2026-02-30'}\n", 1, /as-of takes a date such as/],
  'an age of more than a year': ['trust: {max-age: 366d}\n', 1, /max-age is at most a year/],
  'an instance of which nothing is expected': [
    'trust:\n  instances:\n    company: {root: r}\n',
    3,
    /instance company vouches for nothing: no entry of expect says "instance: company"/,
  ],
  'an instance by another name than expected': [
    "trust:\n  instances:\n    company: {root: r}\nexpect:\n  '@c/*': {instance: firm}\n",
    3,
    /instance company vouches for nothing: .* \(line 5 says firm\)$/,
  ],
  'two instances for a package': [
    "expect:\n  'a-*': {instance: github}\n  '*-b': {instance: own}\n",
    3,
    /says another instance than line 2/,
  ],
  'a deadline of more than a year': ['review: {deadline: 366d}\n', 1, /a deadline is at most a year: 8760h or 365d/],
  'a rotation from a Sunday': [
    'review:\n  rotation:\n    from: 2026-04-05\n    people: [a]\n',
    3,
    /2026-04-05 is no Monday; weeks begin on Mondays: write 2026-03-30/,
  ],
  'a rotation from a Thursday before 1970': [
    'review: {rotation: {from: 1969-12-25, people: [a]}}\n',
    1,
    /write 1969-12-22/,
  ],
  'a rotation from a day there is not': [
    'review: {rotation: {from: 2026-02-30, people: [a]}}\n',
    1,
    /from takes the date of a Monday, such as 2026-03-30, not "2026-02-30"/,
  ],
  'two owners of one name': [
    'review:\n  owners:\n    - {packages: [a], owner: x}\n    - {packages: [b, a], owner: y}\n',
    4,
    /a says another owner than line 3/,
  ],
  'the same owner twice': [
    'review:\n  owners:\n    - {packages: [a], owner: x}\n    - {packages: [a], owner: x}\n',
    4,
    /a has an owner already, in line 3/,
  ],
  'owners by globs of equal weight': [
    'review:\n  owners:\n    - {packages: [a-*], owner: x}\n    - {packages: ["*-b"], owner: y}\n',
    4,
    /\*-b says another owner than line 3 \(a-\*\), and neither selects more exactly/,
  ],
  'a rotation that never applies': [
    'review:\n  owners: [{packages: ["*"], owner: x}]\n  rotation: {from: 2026-03-30, people: [a]}\n',
    3,
    /the rotation never applies: \* has an owner in line 2/,
  ],
  'a bare scope': ["expect:\n  '@babel-x.y': {runner: hosted}\n", 2, /write "@babel-x\.y\/\*" for a whole scope/],
  'a name twice': ['critical:\n  - a\n  - b\n  - a\n', 4, /a is already in line 2/],
  'a capability that direct covers': [
    'critical:\n  - direct\n  - capability: network\n',
    3,
    /capability network is already covered by direct/,
  ],
  'a capability twice': [
    'critical:\n  - capability: network\n  - capability: [native, network]\n',
    3,
    /capability network is already in line 2/,
  ],
  'stated capabilities that select nothing': [
    'critical: [direct]\ncapabilities:\n  a: [network]\n',
    3,
    /no "- capability:" in critical selects by them/,
  ],
  'stated capabilities that contradict each other': [
    "critical: [{capability: native}]\ncapabilities:\n  'a-*': [native]\n  '*-b': []\n",
    4,
    /\*-b says another list of capabilities than line 3 \(a-\*\)/,
  ],
  'direct twice': ['critical:\n  - direct\n  - direct\n', 3, /direct is already in the list/],
  'a name that a glob covers': [
    "critical:\n  - '@a/b'\n  - '@a/*'\n",
    2,
    /@a\/b is already covered by @a\/\* in line 3/,
  ],
  'an expectation twice': [
    'expect:\n  a: {runner: hosted}\n  a: {runner: hosted}\n',
    3,
    /"a" is already given in line 2/,
  ],
  'a key twice': ['enforce: all\nenforce: all\n', 2, /"enforce" is already given in line 1/],
  'globs of equal weight that contradict each other': [
    "expect:\n  'a-*': {runner: hosted}\n  '*-b': {runner: self-hosted}\n",
    3,
    /\*-b says another runner than line 2 \(a-\*\), and neither selects more exactly/,
  ],
  'an owner that cannot own the repository': [
    'expect:\n  a:\n    repository: https://github.com/o/r\n    owner: https://github.com/x\n',
    2,
    /a repository that does not belong to the owner/,
  ],
  'a repository of the owner it must not have': [
    'expect:\n  a:\n    repository: https://github.com/o/r\n    owner: {not: https://github.com/o}\n',
    2,
    /a repository of the owner it rules out/,
  ],
  'globs of equal weight of which one rules out what the other wants': [
    "expect:\n  'a-*': {ref: refs/heads/main}\n  '*-b': {ref: {not: refs/heads/main}}\n",
    3,
    /\*-b says another ref than line 2 \(a-\*\), and neither selects more exactly/,
  ],
  'a pattern that rules nothing out': [
    'expect:\n  a:\n    ref: {not: {pattern: heads/*}}\n',
    3,
    /heads\/\* rules nothing out: every ref starts with refs\//,
  ],
  'a pattern that rules everything out': [
    "expect:\n  a:\n    ref: {not: {pattern: 'refs/**'}}\n",
    3,
    /refs\/\*\* rules every ref out/,
  ],
  'an exempt package that needs provenance': [
    "registries:\n  exempt: ['@a/*']\nexpect:\n  '@a/*': {provenance: required}\n",
    4,
    /exempt from it in line 2/,
  ],
  'two levels': [
    `findings:
  - {code: provenance-lost, level: note, reason: r}
  - {code: provenance-lost, level: error, reason: r}
`,
    3,
    /another level for provenance-lost than line 2/,
  ],
  'a level twice': [
    `findings:
  - {code: provenance-lost, level: note, reason: r, packages: [a]}
  - {code: provenance-lost, level: note, reason: r, packages: [b, a]}
`,
    3,
    /a has a level for provenance-lost already, in line 2/,
  ],
  'a level that expect decides': [
    `expect:
  a: {provenance: required}
findings:
  - {code: provenance-lost, level: note, reason: r, packages: [a]}
`,
    4,
    /decided by "provenance: required" in line 2/,
  ],
  'a mirror of itself': [
    'registries:\n  mirrors:\n    - {url: "https://m.example", of: "https://m.example/"}\n',
    3,
    /itself/,
  ],
  'a mirror of a mirror': [
    `registries:
  mirrors:
    - {url: "https://m.example", of: "https://n.example/"}
    - {url: "https://n.example", of: "https://o.example/"}
`,
    3,
    /is itself a mirror, in line 4/,
  ],
  'a registry twice': [
    'registries:\n  private:\n    - {url: "https://m.example"}\n    - {url: "https://m.example/"}\n',
    4,
    /already given in line 3/,
  ],
};

const many = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('');

/** The same for what is no policy at all, or no YAML that is read. */
export const WRONG_FILE: typeof WRONG_SHAPE = {
  'a name that YAML reserves': [
    'review:\n  owners:\n    - {packages: [a], owner: @me}\n',
    3,
    /reserved character @; put it in quotes$/,
  ],
  'an empty file': ['', null, /the policy says nothing/],
  'comments alone': ['# enforce: all\n', null, /the policy says nothing/],
  text: ['enforce critical\n', 1, /a policy is a mapping/],
  'a tab as indentation': ['expect:\n\ta: {}\n', 2, /a tab as indentation/],
  'a bracket that is left open': ['enforce: all\ncritical: [a,\n', 3, /assay\.yml:3: /],
  'two documents': ['enforce: all\n---\nenforce: observe\n', 2, /a second document/],
  'an anchor': ['critical: &a [b]\n', 1, /anchors are not supported/],
  'an alias': ['enforce: all\ncritical: *a\n', 2, /alias/i],
  'a tag': ['enforce: !important all\n', 1, /tag/i],
  'a directive': ['%YAML 1.1\n---\nenforce: all\n', 1, /directives are not supported/],
  'a key that is a list': ['[a]: b\n', 1, /a key must be text/],
  'a merge key': ['enforce: all\n<<: {release-age: 3}\n', 2, /unknown key "<<"/],
  'a control character': ['enforce: all\n# \u001b[31m\n', 2, /control character/],
  'a bidirectional control': ['enforce: all\n# \u202e\n', 2, /control character/],
  'deep brackets': [`critical: ${'['.repeat(40)}\n`, 1, /nested too deeply/],
  'deep brackets on many lines': [`critical:\n${' [\n'.repeat(40)}`, 10, /nested too deeply/],
  'deep indicators': [`critical: \n  ${'- '.repeat(900)}\n`, 2, /nested too deeply/],
  'deep indentation': [many(80, (i) => `${' '.repeat(i)}a:\n`), 66, /indented too deeply/],
  'a long line': [`enforce: ${' '.repeat(3000)}all\n`, 1, /more than 2000 characters/],
  'many lines': ['#\n'.repeat(21_000), null, /more than 20000 lines/],
  'many packages': [`critical:\n${many(2500, (i) => `  - p${i}\n`)}`, null, /more than 2000 package names/],
  'many globs': [`critical:\n${many(250, (i) => `  - p${i}-*\n`)}`, null, /more than 200 globs/],
  'more than a mebibyte': [`#${' '.repeat(1024 * 1024)}`, null, /larger than 1048576 bytes/],
};
