import { createHash } from 'node:crypto';
import type { Report } from '../../model/report.ts';
import type { JudgedDependency, Verdict } from '../../model/verdict.ts';
import { compareDependencies } from '../words/grouping.ts';
import { attention, linker, reviewQueue } from './attention.ts';
import { beside } from './beside.ts';
import type { PageData } from './client/data.ts';
import { detail, nameLink } from './detail.ts';
import { graphOf, type Node } from './graph.ts';
import { dependencyMap } from './map.ts';
import { dataScript, hostile, html, raw, type Html } from './markup.ts';
import { EARLY_SCRIPT, SCRIPT } from './script.ts';
import { legend } from './state.ts';
import { STYLE } from './style.ts';
import { summary } from './summary.ts';
import { dependencyTable } from './table.ts';
import { count } from '../words/layout.ts';

/** More would make a page that no browser opens at once. */
const MOST = 10_000;

/** What a browser may do with the page: run its two scripts and its style, and fetch nothing (CSP Level 3). */
const POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(EARLY_SCRIPT)} ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The report as one page that needs nothing but itself, and a script only to be searched. */
export function renderHtml(report: Report): string {
  const shown = shownOf(report.dependencies);
  const nodes = graphOf(shown);
  const linkTo = linker(new Map(nodes.map(({ index, judged }) => [judged.dependency, index])));
  const map = dependencyMap(nodes);
  const queue = reviewQueue(report, linkTo);
  const { explanations } = report;
  const left = report.dependencies.length - nodes.length;
  const sections: readonly (readonly [id: string, title: string, content: Html | null])[] = [
    ['attention', 'Needs attention', attention(report, linkTo)],
    ['changes', 'What changed', explanations.length === 0 ? null : html`${explanations.map(beside)}`],
    ['review', 'Review', queue],
    ['graph-of', 'Where it comes in', nodes.length === 0 ? null : graphSection(nodes, map.markup)],
    ['dependencies', 'Dependencies', nodes.length === 0 ? null : tableSection(nodes, left)],
  ];
  const present = sections.flatMap(([id, title, content]) => (content === null ? [] : [{ id, title, content }]));
  const data: PageData = { requires: nodes.map(({ requires }) => requires), layers: map.layers };
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${{ html: POLICY }}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="color-scheme" content="light dark" />
        <title>assay: ${TITLES[report.verdict]}</title>
        ${raw('style', STYLE)} ${raw('script', EARLY_SCRIPT)}
      </head>
      <body>
        <a class="skip" href="#attention">Skip to what needs attention</a>
        <header>
          <h1>assay report</h1>
          ${summary(report)}
          <nav aria-label="Sections">
            <ul>
              ${present.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main>
          ${present.map(
            ({ id, title, content }) =>
              html`<section aria-labelledby="${id}">
                <h2 id="${id}">${title}</h2>
                ${content}
              </section> `,
          )}
        </main>
        <footer>
          <p>
            Written by assay ${hostile(report.tool.version, 40)}. This page fetches nothing. Provenance shows where
            bytes come from, not that they are good. <code>assay explain CODE</code> explains a finding,
            <code>assay --json</code> has everything that is here and more.
          </p>
        </footer>
        ${nodes.length === 0 ? null : html`${dataScript('graph', data)} ${raw('script', SCRIPT)}`}
      </body>
    </html>`.html.concat('\n');
}

const TITLES: Readonly<Record<Verdict, string>> = {
  fail: 'fails',
  unverified: 'no statement',
  warn: 'holds, with warnings',
  pass: 'holds',
};

/** In the order of every report; where there are too many, those with findings before others. */
function shownOf(dependencies: readonly JudgedDependency[]): readonly JudgedDependency[] {
  const kept =
    dependencies.length <= MOST
      ? dependencies
      : [...dependencies].sort((a, b) => Number(b.findings.length > 0) - Number(a.findings.length > 0)).slice(0, MOST);
  return [...kept].sort((a, b) => compareDependencies(a.dependency, b.dependency));
}

function graphSection(nodes: readonly Node[], map: Html): Html {
  const direct = nodes.filter(({ judged }) => judged.dependency.direct);
  const isKnown = nodes.some(({ requires }) => requires.length > 0);
  return html`<p>
      Each mark is a dependency, in layers by its distance from the project. The table below the marks has the same in
      numbers.
    </p>
    ${legend()} ${map}
    <h3 id="who">Who brings what</h3>
    ${isKnown ? null : html`<p>Which package asks for which is read from lockfiles of npm and Bun alone.</p>`}
    <div class="needs-script" id="tree-controls">
      <p>
        <label
          >Show
          <select id="leading">
            <option value="">everything</option>
            <option value="fails">what leads to something that fails</option>
            <option value="unverified">what leads to something without statement</option>
            <option value="unproven">what leads to something without provenance</option>
          </select></label
        >
        <span id="tree-count" role="status"></span>
      </p>
      <p class="below">Arrow keys move and open, Enter shows the details.</p>
    </div>
    <ul id="tree" class="needs-script" role="tree" aria-label="Direct dependencies and what they bring"></ul>
    <noscript
      ><ul>
        ${direct.slice(0, 500).map((node) => html`<li>${nameLink(node)}${node.requires.length > 0 ? `, asks for ${node.requires.length}` : null}</li>`)}
      </ul></noscript
    >`;
}

/**
 * The details are elements for a reader without a script. With one they are text until they are opened, because a
 * browser takes seconds for some hundred thousand elements.
 */
function tableSection(nodes: readonly Node[], left: number): Html {
  return html`${left > 0 ? html`<p>${count(left, 'more dependency', 'more dependencies')}, which this page has no room for: those with findings came first, and <code>assay --json</code> lists all.</p>` : null}
    ${dependencyTable(nodes)}
    <p class="needs-script"><button type="button" id="all-details">Show the details of all below</button></p>
    <div id="all"></div>
    <noscript id="details">${nodes.map((node) => detail(node, nodes))}</noscript>`;
}

/** A source expression of a policy that names one text (CSP Level 3, section 2.3.1). */
function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}
