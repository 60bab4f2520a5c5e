/** Regular expressions of the rules of a grammar in RFC 5234 without recursion; literals of RFC 7405 have a case. */
export function rulesOf(abnf: string): ReadonlyMap<string, string> {
  const sources = new Map([
    ['LF', '%x0A'],
    ['SP', '%x20'],
    ['DQUOTE', '%x22'],
    ['DIGIT', '%x30-39'],
    ['ALPHA', '%x41-5A / %x61-7A'],
  ]);
  for (const [, name = '', alternative, source = ''] of abnf.matchAll(/^([A-Za-z][\w-]*) +=(\/)? +([^;\n]+)/gm)) {
    sources.set(name, alternative === undefined ? source : `${sources.get(name) ?? ''} / ${source}`);
  }
  const rules = new Map<string, string>();
  const ruleOf = (name: string): string => {
    const source = sources.get(name);
    if (source === undefined) throw new Error(`the grammar has no rule ${name}`);
    const known = rules.get(name) ?? alternation(tokensOf(source), ruleOf);
    rules.set(name, known);
    return known;
  };
  for (const name of sources.keys()) ruleOf(name);
  return rules;
}

function tokensOf(source: string): string[] {
  const token =
    /%s"[^"]*"|"[^"]*"|%x[0-9A-F]+(?:-[0-9A-F]+)?|\d*\*\d*(?=\S)|\d+(?=[A-Za-z(%"])|[A-Za-z][\w-]*|[()[\]/]/g;
  const tokens = source.match(token) ?? [];
  if (tokens.join('') !== source.replaceAll(/("[^"]*")|\s+/g, '$1')) throw new Error(`not read whole: ${source}`);
  return tokens;
}

/** Takes tokens up to a closing bracket. */
function alternation(tokens: string[], ruleOf: (name: string) => string): string {
  const alternatives = [''];
  while (tokens.length > 0 && tokens[0] !== ')' && tokens[0] !== ']') {
    if (tokens[0] === '/') {
      tokens.shift();
      alternatives.push('');
    } else {
      alternatives.push((alternatives.pop() ?? '') + element(tokens, ruleOf));
    }
  }
  return `(?:${alternatives.join('|')})`;
}

function element(tokens: string[], ruleOf: (name: string) => string): string {
  const token = tokens.shift() ?? '';
  const repeat = /^(\d*)(\*?)(\d*)$/.exec(token);
  if (repeat !== null) {
    const [, least = '', star, most = ''] = repeat;
    const times = star === '' ? `{${least}}` : `{${least === '' ? '0' : least},${most}}`;
    return element(tokens, ruleOf) + times;
  }
  if (token === '(' || token === '[') {
    const inside = alternation(tokens, ruleOf);
    tokens.shift();
    return token === '[' ? `${inside}?` : inside;
  }
  const [, text] = /^(?:%s)?"([^"]*)"$/.exec(token) ?? [];
  if (text !== undefined) return `(?:${text.replaceAll(/[^\w ]/g, String.raw`\$&`)})`;
  const [, first, last = first] = /^%x([0-9A-F]+)(?:-([0-9A-F]+))?$/.exec(token) ?? [];
  if (first !== undefined) return `[\\x${first.padStart(2, '0')}-\\x${last?.padStart(2, '0') ?? ''}]`;
  return ruleOf(token);
}
