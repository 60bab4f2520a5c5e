import type { Report } from '../../model/report.ts';
import { renderAnnotations } from './github.ts';
import { renderGitlab } from './gitlab.ts';
import { renderHtml } from '../html/index.ts';
import { renderJsonPieces } from '../json/report.ts';
import { renderJunit } from './junit.ts';
import type { OutputName } from '../words/output-names.ts';
import type { Pages } from './pages.ts';
import { renderMarkdown } from './report-markdown.ts';
import { renderSarif } from './sarif.ts';
import { renderVsa } from './vsa.ts';

/** A format of the report for programs. */
export interface Output {
  /** What its files are called where only a folder is named: `assay.` and this. */
  readonly extension: string;
  /** One text, or its pieces in order. */
  readonly render: (report: Report, pages: Pages) => string | Iterable<string>;
}

/** Every format of `--output`, by name. */
export const OUTPUTS: Readonly<Record<string, Output>> = {
  json: { extension: 'json', render: renderJsonPieces },
  sarif: { extension: 'sarif', render: renderSarif },
  github: { extension: 'github.txt', render: renderAnnotations },
  gitlab: { extension: 'gitlab.json', render: renderGitlab },
  junit: { extension: 'junit.xml', render: renderJunit },
  markdown: { extension: 'md', render: (report) => renderMarkdown(report) },
  html: { extension: 'html', render: renderHtml },
  vsa: { extension: 'vsa.json', render: renderVsa },
} satisfies Record<OutputName, Output>;
