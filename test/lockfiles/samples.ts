import { sha512, v1, v3 } from './support.ts';

/** A small valid lockfile of a format. */
export interface Sample {
  /** The name of the format's entry in SUPPORTED_FORMATS. */
  readonly format: string;
  /** What the file is called; it says how it is read. */
  readonly file: string;
  readonly text: string;
  /** Each dependency, and a piece of the text that stands for it and for no other: its hash. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** A valid lockfile of the same format with that many packages, each with a hash and a dependency. */
  readonly many: (count: number) => string;
}

const A = sha512('a');
const B = sha512('b');
/** Two packages: the project asks for `@s/a`, which asks for `b`. */
const DEPENDENCIES = { '@s/a@1.2.3': A, 'b@2.0.0': B };

const json = (content: object): string => `${JSON.stringify(content, null, 2)}\n`;
const numbered = <T>(count: number, make: (index: number) => readonly [string, T]): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => make(index)));
const hash = (index: number): string => sha512(`h${index}`);
const next = (index: number, count: number): string => `p${(index + 1) % count}`;

/** One for each version that is read differently. A format without one fails the tests. */
export const SAMPLES: readonly Sample[] = [
  {
    format: 'npm',
    file: 'package-lock.json',
    text: json(
      v3(
        {
          'node_modules/@s/a': { version: '1.2.3', integrity: A, dependencies: { b: '^2' } },
          'node_modules/b': { version: '2.0.0', integrity: B },
        },
        { dependencies: { '@s/a': '^1' } },
      ),
    ),
    dependencies: DEPENDENCIES,
    many: (count) =>
      json(
        v3(
          numbered(count, (i) => [
            `node_modules/p${i}`,
            { version: '1.0.0', integrity: hash(i), dependencies: { [next(i, count)]: '1' } },
          ]),
        ),
      ),
  },
  {
    format: 'npm',
    file: 'npm-shrinkwrap.json',
    text: json(
      v1({
        '@s/a': { version: '1.2.3', integrity: A, requires: { b: '^2' } },
        b: { version: '2.0.0', integrity: B },
      }),
    ),
    dependencies: DEPENDENCIES,
    many: (count) =>
      json(
        v1(
          numbered(count, (i) => [
            `p${i}`,
            { version: '1.0.0', integrity: hash(i), requires: { [next(i, count)]: '1' } },
          ]),
        ),
      ),
  },
  {
    format: 'Bun',
    file: 'bun.lock',
    text: `{
  "lockfileVersion": 2,
  "configVersion": 1,
  "workspaces": {
    "": {
      "name": "app",
      "dependencies": {
        "@s/a": "^1",
      },
    },
  },
  "packages": {
    "@s/a": ["@s/a@1.2.3", "", { "dependencies": { "b": "^2" } }, "${A}"],

    "b": ["b@2.0.0", "", {}, "${B}"],
  }
}
`,
    dependencies: DEPENDENCIES,
    many: (count) =>
      json({
        lockfileVersion: 1,
        workspaces: { '': { dependencies: { p0: '1' } } },
        packages: numbered(count, (i) => [
          `p${i}`,
          [`p${i}@1.0.0`, '', { dependencies: { [next(i, count)]: '1' } }, hash(i)],
        ]),
      }),
  },
  {
    format: 'vlt',
    file: 'vlt-lock.json',
    text: `{
  "lockfileVersion": 1,
  "options": {},
  "nodes": {
    "~npm~@s+a@1.2.3": [0,"@s/a","${A}"],
    "~npm~b@2.0.0": [0,"b","${B}"]
  },
  "edges": {
    "file~_d @s/a": "prod ^1 ~npm~@s+a@1.2.3",
    "~npm~@s+a@1.2.3 b": "prod ^2 ~npm~b@2.0.0"
  }
}
`,
    dependencies: DEPENDENCIES,
    many: (count) =>
      json({
        lockfileVersion: 1,
        nodes: numbered(count, (i) => [`~npm~p${i}@1.0.0`, [0, `p${i}`, hash(i)]]),
        edges: numbered(count, (i) => [`~npm~p${i}@1.0.0 ${next(i, count)}`, `prod 1 ~npm~${next(i, count)}@1.0.0`]),
      }),
  },
];
