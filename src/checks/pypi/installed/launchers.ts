import { digestOf } from '../../../readers/digest.ts';
import type { EntryPoint } from './entry-points.ts';

/**
 * What installers write for a program: pip before and since 25.1, uv, and the library of Poetry and PDM
 * (https://packaging.python.org/en/latest/specifications/entry-points/#use-for-scripts). Nothing in it is chosen by the
 * package but the names.
 */
const BODIES: readonly ((of: EntryPoint, imported: string) => string)[] = [
  ({ module, attribute }, imported) =>
    `# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom ${module} import ${imported}\nif __name__ == '__main__':\n` +
    `    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(${attribute}())\n`,
  ({ module, attribute }, imported) =>
    `# -*- coding: utf-8 -*-\nimport re\nimport sys\nif __name__ == '__main__':\n    from ${module} import ${imported}\n` +
    `    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(${attribute}())\n`,
  ({ module, attribute }, imported) =>
    `import sys\nfrom ${module} import ${imported}\nif __name__ == '__main__':\n` +
    `    sys.argv[0] = sys.argv[0].removesuffix('.exe')\n    sys.exit(${attribute}())\n`,
  ({ module, attribute }, imported) =>
    `import sys\nfrom ${module} import ${imported}\nif __name__ == '__main__':\n` +
    `    if sys.argv[0].endswith('.exe'):\n        sys.argv[0] = sys.argv[0][:-4]\n    sys.exit(${attribute}())\n`,
  ({ module, attribute }, imported) =>
    `# -*- coding: utf-8 -*-\nimport sys\nfrom ${module} import ${imported}\nif __name__ == "__main__":\n` +
    `    if sys.argv[0].endswith("-script.pyw"):\n        sys.argv[0] = sys.argv[0][:-11]\n` +
    `    elif sys.argv[0].endswith(".exe"):\n        sys.argv[0] = sys.argv[0][:-4]\n    sys.exit(${attribute}())\n`,
  ({ module, attribute }, imported) =>
    `# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom ${module} import ${imported}\nif __name__ == "__main__":\n` +
    `    sys.argv[0] = re.sub(r"(-script\\.pyw|\\.exe)?$", "", sys.argv[0])\n    sys.exit(${attribute}())\n`,
];

/** SHA-256 in hex of each form that the program of an entry point may have in an environment of these interpreters. */
export function launcherDigests(entry: EntryPoint, interpreters: readonly string[]): readonly string[] {
  const [imported = ''] = entry.attribute.split('.');
  return firstLines(interpreters).flatMap((line) =>
    BODIES.map((body) => digestOf(Buffer.from(line + body(entry, imported)))),
  );
}

/** The same of a script of the wheel, whose first line `#!python` an installer replaces. */
export function scriptDigests(script: Buffer, interpreters: readonly string[]): readonly string[] {
  const end = script.indexOf('\n');
  const rest = end === -1 ? Buffer.alloc(0) : script.subarray(end + 1);
  return firstLines(interpreters).map((line) => digestOf(Buffer.concat([Buffer.from(line), rest])));
}

/** The lines that lead to an interpreter; by way of a shell where its path is long or has spaces. */
function firstLines(interpreters: readonly string[]): readonly string[] {
  const viaShell = (program: string): string => `#!/bin/sh\n'''exec' ${program} "$0" "$@"\n' '''\n`;
  const names = new Set(interpreters.map((path) => path.slice(path.lastIndexOf('/') + 1)));
  return [
    ...interpreters.flatMap((path) => {
      const single = `'${path.replaceAll("'", `'"'"'`)}'`;
      return [`#!${path}\n`, viaShell(path), viaShell(`"${path}"`), viaShell(single)];
    }),
    // Of an environment that may be moved.
    ...[...names].map((name) => viaShell(`"$(dirname -- "$(realpath -- "$0")")"/'${name}'`)),
  ];
}
