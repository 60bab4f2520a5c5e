const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

/**
 * Ways to write a baseline otherwise: most mean the same and are to be refused for it, some mean something else. Each
 * takes the text and a number that says where, and returns the text as it is where it has nothing to alter.
 */
export const RESPELLINGS: Readonly<Record<string, (text: string, at: number) => string>> = {
  'lines swapped': (text, at) => lines(text, at, (a, b) => [b, a]),
  'a line twice': (text, at) => lines(text, at, (a, b) => [a, a, b]),
  'a line less': (text, at) => lines(text, at, (_, b) => [b]),
  'a time with an offset': replacing(TIME, (time) => time.replace('Z', '+00:00')),
  'a time in another zone': replacing(TIME, (time) =>
    new Date(Date.parse(time) + 3_600_000).toISOString().replace('.000Z', '+01:00'),
  ),
  'a time with a fraction': replacing(TIME, (time) => time.replace('Z', '.000Z')),
  'a time in a fraction of a second': replacing(TIME, (time) => time.replace('Z', '.5Z')),
  'a day that a month lacks': replacing(TIME, (time) => time.replace(/-\d\d-\d\dT/, '-02-30T')),
  'the end of a day': replacing(TIME, (time) => time.replace(/T\d\d:\d\d:\d\d/, 'T24:00:00')),
  'no time': replacing(TIME, () => 'unknown'),
  'nothing published': replacing(/(?<= published )\S+.*/g, () => 'unknown'),
  'nothing since': replacing(/(?<= since ).+/g, () => 'never'),
  'words in another order': replacing(/(?<= (?:capability|despite) ).+/g, (words) =>
    words.split(' ').reverse().join(' '),
  ),
  'a word twice': replacing(/(?<= (?:capability|despite) )\S+/g, (word) => `${word} ${word}`),
  'none beside others': replacing(/(?<= capability )\S+/g, (word) => `none ${word}`),
  'a needless escape in a version': replacing(/(?<=^npm:@?[^@\s]*@\S*)[^\s@%]/gm, escaped),
  'an escape in lower case': replacing(/(?<=@\S*)%[\dA-F]{2}/g, (escape) => escape.toLowerCase()),
  'bytes that are no text': replacing(/(?<=^npm:@?[^@\s]*@)\S/gm, () => '%FF'),
  'a needless escape in a version of another line': replacing(/(?<= (?:since|lost) )\d/g, escaped),
  'needless quotes': replacing(/(?<= )[^" ]\S*(?=$| )/gm, (word) => JSON.stringify(word)),
  'quotes that are gone': replacing(/"[^"\\ ]+"/g, (quoted) => quoted.slice(1, -1)),
  'a needless escape in a text': replacing(
    /(?<="[^"]*)[^"\\](?=[^"]*")/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  ),
  'an escaped slash': replacing(/(?<="[^"]*)\/(?=[^"]*")/g, () => '\\/'),
  'an escape in upper case': replacing(/\\u[\da-f]{4}/g, (escape) => `\\u${escape.slice(2).toUpperCase()}`),
  'bits that padding leaves over': replacing(/\S(?==(?: |$))/gm, (char) => String.fromCharCode(char.charCodeAt(0) + 1)),
  'base64 of addresses': replacing(/(?<=sha\d+-\S*)[+/]/g, (char) => (char === '+' ? '-' : '_')),
  'another sign of an algorithm': replacing(/(?<= (?:sha256|sha512|h1|files))[-:]/g, (sign) =>
    sign === '-' ? ':' : '-',
  ),
  'another algorithm': replacing(/(?<= )(?:sha256|h1)(?=[-:])/g, (name) => (name === 'h1' ? 'sha256' : 'h1')),
  'a number with a zero before it': replacing(/(?<= )\d+(?= |$)/gm, (digits) => `0${digits}`),
  'two spaces': replacing(/ /g, () => '  '),
  'a space at the end': replacing(/$/gm, () => ' '),
  'an identity of its own that is that of its channel': withOwnIdentity,
  'a builder that is not named': replacing(/(?<= provenance proven) by \S+/g, () => ''),
  'a builder that is another': replacing(/(?<= provenance proven by sha256-)\S/g, (char) => (char === 'A' ? 'B' : 'A')),
};

function escaped(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}

function replacing(what: RegExp, by: (found: string) => string): (text: string, at: number) => string {
  return (text, at) => {
    const all = [...text.matchAll(what)];
    const one = all[at % Math.max(all.length, 1)];
    if (one === undefined) return text;
    return text.slice(0, one.index) + by(one[0]) + text.slice(one.index + one[0].length);
  };
}

function lines(text: string, at: number, by: (a: string, b: string) => readonly string[]): string {
  const [header = '', ...all] = text.split('\n');
  const index = at % Math.max(all.length - 2, 1);
  const [a, b] = [all[index], all[index + 1]];
  if (a === undefined || b === undefined || b === '') return text;
  return [header, ...all.slice(0, index), ...by(a, b), ...all.slice(index + 2)].join('\n');
}

/** Says the identity of its package again for one version. */
function withOwnIdentity(text: string, at: number): string {
  const all = [...text.matchAll(/^((npm:\S+)@\S+) provenance proven by \S+$/gm)];
  const one = all[at % Math.max(all.length, 1)];
  const [line = '', subject = '', id = ''] = one ?? [];
  const identity = text
    .split('\n')
    .filter((each) => each.startsWith(`${id} `) && !/ (?:package|since)(?: |$)/.test(each))
    .map((each) => `\n${subject}${each.slice(id.length)}`);
  return one === undefined ? text : text.replace(line, () => `${subject} provenance proven${identity.join('')}`);
}
