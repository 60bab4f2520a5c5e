import { FINDING_CODES, FINDING_KINDS, type FindingCode } from '../../model/finding.ts';
import { nearest } from '../../model/nearest.ts';
import { renderCodeList, renderPage } from '../../report/commands/explain.ts';
import { stringify } from '../../report/json/stringify.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import { pageOf } from '../output/pages.ts';

export const command: Command = {
  usage: '[CODE]',
  summary: 'what a finding means and what to do about it',
  options: ['json'],
  run: ({ values, positionals }, io) => {
    const isJson = values.json === true;
    const [code, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('explain takes one finding code');
    if (code === undefined) {
      const codes = FINDING_CODES.map((each) => ({ code: each, kind: FINDING_KINDS[each], title: summaryOf(each) }));
      io.stdout.write(isJson ? stringify({ schema: SCHEMA, codes }) : renderCodeList(codes, io.stdout));
      return Promise.resolve(EXIT.holds);
    }
    const known = FINDING_CODES.find((candidate) => candidate === code);
    if (known === undefined) {
      const near = nearCodes(code);
      throw new UsageError(
        `there is no finding ${code}${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`} (assay explain lists them)`,
      );
    }
    const page = demandPage(known);
    const one = { code: known, kind: FINDING_KINDS[known], title: summaryOf(known), page };
    io.stdout.write(isJson ? stringify({ schema: SCHEMA, codes: [one] }) : renderPage(page, io.stdout));
    return Promise.resolve(EXIT.holds);
  },
};

/** docs/schemas/explain-1.schema.json */
const SCHEMA = 'assay.explain/1';
/** More would be a list to read, which there is. */
const MAX_NEAR = 3;
/** What fewer letters begin says nothing of what was meant. */
const MIN_WORD = 3;

/** Codes that are written almost so, else those with this word or the beginning of one, the ones it begins first. */
function nearCodes(text: string): readonly FindingCode[] {
  const word = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const near = nearest(word, FINDING_CODES);
  if (near !== null) return [near];
  const [first, ...others] = [
    ...FINDING_CODES.filter((code) => code.startsWith(word)),
    ...FINDING_CODES.filter((code) => !code.startsWith(word) && code.includes(`-${word}`)),
  ];
  return first === undefined || word.length < MIN_WORD ? [] : [first, ...others].slice(0, MAX_NEAR);
}

function demandPage(code: FindingCode): string {
  const page = pageOf(code);
  if (page === null) throw new UsageError('the docs folder of this installation is missing; install assay again');
  return page;
}

/** The sentence below the page's heading. */
function summaryOf(code: FindingCode): string {
  const paragraphs = demandPage(code).split(/\n\s*\n/);
  return (paragraphs[1] ?? '').replace(/\s+/g, ' ').trim();
}
