import { DARK, LIGHT, propertiesOf } from './palette.ts';
import { STATES } from './state.ts';

/** The marks of states in text; the words stand beside them. */
const MARKS: Readonly<Record<(typeof STATES)[number], string>> = {
  fails: '\u2715',
  unverified: '\u25c6',
  nothing: '\u25a1',
  hash: '\u2582',
  signature: '\u25e4',
  provenance: '\u25a0',
  held: '\u25a3',
};

const STATE_RULES = STATES.map(
  (state) =>
    `.${state}{color:var(--${state})}path.${state},.${state} path{fill:var(--${state})}td.${state}::before,span[data-s=${state}]::before{content:"${MARKS[state]} " / "";color:var(--${state})}`,
).join('\n');

/** The page's own style. Nothing else styles it: there is no style attribute, and nothing is fetched. */
export const STYLE = `:root{color-scheme:light dark;${propertiesOf(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${propertiesOf(DARK)}}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:80rem;margin:0 auto;padding:0 1rem}
footer{margin-top:3rem;padding-bottom:2rem;color:var(--dim)}
h1{font-size:1.6rem;margin:1.2rem 0 .4rem}
h2{font-size:1.3rem;margin:2.4rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:0 0 .3rem;font-weight:600}
h4{font-size:1rem;margin:.8rem 0 .2rem}
p{margin:.3rem 0}
a{color:var(--link)}
code,pre{font:.9em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--page);padding:.4rem .7rem;margin:.3rem 0;white-space:pre-wrap}
pre code{font-size:1em}
ul,ol{margin:.3rem 0;padding-left:1.3rem}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--page);padding:.4rem .8rem;z-index:2}
.verdict{font-size:1.15rem;border-left:.5rem solid currentColor;background:var(--panel);padding:.7rem 1rem;margin:.8rem 0}
.verdict span{color:var(--text)}
.summary{margin:.6rem 0;padding-left:1.3rem;color:var(--dim)}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem;margin:.6rem 0;padding:0;list-style:none}
.tiles li{background:var(--panel);padding:.3rem .8rem;border-radius:.3rem;flex:1 1 auto}
.tiles .lead{flex:none;align-self:center;background:none;padding:0}
.tiles b{font-size:1.4rem;font-variant-numeric:tabular-nums}
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem}
.error{color:var(--fails)}.warning,.warn{color:var(--warn)}.note{color:var(--link)}
.pass{color:var(--provenance)}
${STATE_RULES}
td.pass::before{content:"\u2713 " / ""}td.warn::before{content:"! " / ""}
.group{background:var(--panel);border-left:.3rem solid var(--line);padding:.7rem 1rem;margin:.7rem 0}
.group.error{border-color:var(--fails);color:inherit}.group.unverified,.group.warning{border-color:var(--warn);color:inherit}
summary{cursor:pointer}summary h3{display:inline}
.place{color:var(--dim);white-space:nowrap}
.legend{list-style:none;padding:0;display:grid;gap:.2rem 1.5rem;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr))}
.legend li{display:flex;gap:.5rem;align-items:baseline}
.mark{width:.8rem;height:.8rem;flex:none}
.map svg{width:100%;height:auto;display:block}
.js .map svg{cursor:pointer}
#map-name{min-height:1.5em;color:var(--dim)}
#map-name:not(:empty){background:var(--page);position:sticky;bottom:0}
table{border-collapse:collapse;width:100%;margin:.6rem 0;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--dim);padding:.2rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600}
tbody th{font-weight:400}
.numbers,.numbers td,.numbers th{width:auto}
.numbers td{text-align:right}.numbers thead th{text-align:right}.numbers thead th:first-child{text-align:left}
.scroll{overflow-x:auto;background:linear-gradient(90deg,var(--page) 50%,transparent) 0 0/2rem 100% no-repeat local,linear-gradient(-90deg,var(--page) 50%,transparent) 100% 0/2rem 100% no-repeat local,linear-gradient(90deg,var(--line),transparent) 0 0/.7rem 100% no-repeat,linear-gradient(-90deg,var(--line),transparent) 100% 0/.7rem 100% no-repeat}
.scroll table{overflow-wrap:normal}
.beside{table-layout:fixed}
.beside th:first-child{width:24%}
#table{table-layout:fixed}
#table th:nth-child(1){width:26%}#table th:nth-child(2),#table th:nth-child(3){width:8.6rem}#table th:nth-child(n+5){width:8.2rem}
thead button{min-height:0;font-weight:600;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-align:left}
th[aria-sort]>button::after{content:" \u2195" / ""}
th[aria-sort=ascending]>button::after{content:" \u2191" / ""}th[aria-sort=descending]>button::after{content:" \u2193" / ""}
#filters{display:none;gap:.6rem 1rem;flex-wrap:wrap;align-items:end}
#filters label{display:grid;gap:.1rem;color:var(--dim);flex:1 1 9rem}
#filters label:first-child{flex:3 1 16rem}
#filters p{flex:1 1 auto;margin:0;line-height:2.4rem}
input,select,button{font:inherit;min-height:2.4rem;color:var(--text);background:var(--page);border:1px solid var(--control);border-radius:.3rem;padding:.35rem .6rem;min-width:0;max-width:100%}
button{cursor:pointer}
button:hover{border-color:var(--text)}
dl{display:grid;grid-template-columns:minmax(7rem,12rem) 1fr;gap:.2rem 1rem;margin:.5rem 0}
dt{color:var(--dim)}dd{margin:0;min-width:0}dd ul{margin:0}
.findings{list-style:none;padding:0}
article{padding:.8rem 0;border-bottom:1px solid var(--line);content-visibility:auto;contain-intrinsic-size:auto 22rem}
.opened>td{background:var(--panel);padding:.6rem 1rem}
.opened article{border:0;padding:0;content-visibility:visible}
.opened .back{display:none}
.timeline{list-style:none;padding:0 0 0 .4rem}
.timeline li{border-left:2px solid var(--control);padding:.15rem 0 .15rem 1rem;position:relative}
.timeline li::before{content:"";position:absolute;left:-6px;top:.6em;width:10px;height:10px;border:2px solid var(--control);border-radius:50%;background:var(--page)}
.timeline li.proven::before{background:var(--provenance);border-color:var(--provenance)}
time{color:var(--dim);font-variant-numeric:tabular-nums;white-space:nowrap;margin-right:.5rem}
tbody .differs th{color:var(--warn);font-weight:600}
[role=tree]{max-height:34rem;overflow:auto;border:1px solid var(--line);padding:.3rem}
[role=tree],[role=group]{list-style:none;margin:0}
[role=group]{padding-left:1.1rem;border-left:1px solid var(--line);margin-left:.45rem}
[role=treeitem]:focus-visible{outline:0}
[role=treeitem]:focus-visible>.line{outline:3px solid var(--link);outline-offset:-1px}
.line{display:flex;flex-wrap:wrap;gap:0 .6rem;padding:.15rem .3rem .15rem 1.5rem;cursor:pointer;position:relative}
.line:hover{background:var(--panel)}
.line::before{position:absolute;left:.4rem}
[aria-expanded=false]>.line::before{content:"\u25b8" / ""}[aria-expanded=true]>.line::before{content:"\u25be" / ""}
.below{color:var(--dim)}
.needs-script{display:none}
.js .needs-script{display:block}
.js #filters{display:flex}
.js #table>tbody>tr{display:none}
.js #table>tbody>tr.on{display:table-row}
@media (max-width:60rem){.wide{display:none}}
@media (max-width:40rem){#table>thead th:nth-child(4),#table>tbody>tr:not(.opened)>td:nth-child(4){display:none}#table th:nth-child(1){width:38%}#table th:nth-child(2){width:27%}#table th:nth-child(3){width:35%}.tiles{font-size:.9rem;gap:.4rem}.tiles li{padding:.1rem .5rem}table{font-size:.9rem}th,td{padding:.35rem .3rem}.beside th:first-child{width:36%}dl{grid-template-columns:1fr}dt{margin-top:.4rem}.place{white-space:normal}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{:root{${propertiesOf(LIGHT)}}#filters,.js #filters,nav,.skip,.needs-script,.js .needs-script,.more-rows,.back,.js #who{display:none}.wide{display:table-cell}html{font-size:9pt}main,header,footer{max-width:none;padding:0}article,.group,tr{break-inside:avoid}article{content-visibility:visible}thead{display:table-header-group}}
`;
