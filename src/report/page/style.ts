/** The page's own style sheet: calm, light and dark, narrow and wide, on paper. The plots take their colours from it. */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfc; --card: #f4f5f5; --ink: #1e2529; --faint: #5a666e; --rule: #dadfe2; --grid: #e8ecee;
  --good: #17703f; --bad: #b3261e; --doubtful: #7d5700; --link: #1f5fa8;
  --good-card: #e9f4ed; --bad-card: #fbedeb; --doubtful-card: #f8f1de;
  /* Told apart by people who see red and green alike: blue, deep magenta, amber; and by shape. */
  --ok: #2c6fb0; --fail: #a8125a; --info: #c27000; --unsynced: #177e83;
  --fault: rgba(179, 38, 30, 0.16); --span: rgba(90, 102, 110, 0.13);
}
@media screen and (prefers-color-scheme: dark) {
  :root:not([data-paper]) {
    --paper: #14181b; --card: #1c2226; --ink: #e3e8ea; --faint: #9aa6ad; --rule: #303940; --grid: #262d32;
    --good: #6fd3a0; --bad: #ff8f85; --doubtful: #f0c565; --link: #86bdf5;
    --good-card: #15271d; --bad-card: #2c1917; --doubtful-card: #292212;
    --ok: #6cb2f5; --fail: #ff7ab2; --info: #f5b34a; --unsynced: #5fcdd0;
    --fault: rgba(255, 143, 133, 0.2); --span: rgba(154, 166, 173, 0.16);
  }
}
*, *::before, *::after { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main, .verdict > div { max-width: 70rem; margin: 0 auto; padding: 0 1.5rem; }
main { padding-bottom: 4rem; }
p, ul, ol, dl, figure { margin: 0 0 1rem; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 0.75rem; }
h3 { font-size: 1.05rem; line-height: 1.4; margin: 0; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.88em; }
.faint, figcaption { color: var(--faint); }
.faint { font-weight: 400; }

.verdict { border-bottom: 1px solid var(--rule); padding: 1.75rem 0 1.5rem; }
.verdict p { margin: 0; color: var(--faint); }
.verdict h1 { font-size: clamp(1.35rem, 1rem + 1.8vw, 2rem); line-height: 1.3; margin: 0.6rem 0 0.6rem; text-wrap: balance; }
.verdict .brand { font-weight: 600; letter-spacing: 0.02em; }
.stamp {
  display: inline-block; font-size: 0.62em; letter-spacing: 0.06em; line-height: 1; vertical-align: 0.18em;
  border-radius: 0.3em; padding: 0.42em 0.6em; margin-right: 0.35em; color: var(--paper);
}
.valid { background: var(--good-card); } .valid .stamp { background: var(--good); }
.invalid { background: var(--bad-card); } .invalid .stamp { background: var(--bad); }
.unknown { background: var(--doubtful-card); } .unknown .stamp { background: var(--doubtful); }

.tiles {
  list-style: none; padding: 0; margin: 1.75rem 0 0; display: grid; gap: 1px;
  grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr));
  background: var(--rule); border: 1px solid var(--rule); border-radius: 0.5rem; overflow: hidden;
}
.tiles li { background: var(--paper); padding: 0.8rem 1rem; }
.tiles b { font-size: 1.5rem; line-height: 1.2; font-weight: 600; margin-right: 0.15em; font-variant-numeric: tabular-nums; }
.tiles .faint { display: block; font-size: 0.9rem; }

.finding { border: 1px solid var(--rule); border-left: 4px solid var(--bad); border-radius: 0.5rem; padding: 1rem 1.25rem; margin: 0 0 1.25rem; }
.finding .label { margin: 0 0 0.25rem; font-size: 0.95rem; }
.finding .label strong { color: var(--bad); margin-right: 0.3em; }
.finding h3 { margin-bottom: 1rem; }
.number { display: inline-block; min-width: 1.5em; color: var(--faint); }
.sentences { padding-left: 1.2rem; }
.sentences li + li { margin-top: 0.35rem; }

.chain { list-style: none; padding: 0; margin: 0 0 1.1rem; }
.chain li { position: relative; display: grid; grid-template-columns: 5.4rem 1fr; padding: 0.2rem 0 0.2rem 1.6rem; }
.chain li::before {
  content: ""; position: absolute; left: 0.1rem; top: 0.56rem; width: 0.8rem; height: 0.8rem; border-radius: 50%;
  background: var(--paper); border: 2px solid var(--faint); z-index: 1;
}
.chain li:not(:last-child)::after { content: ""; position: absolute; left: 0.5rem; top: 0.9rem; bottom: -0.9rem; border-left: 2px solid var(--rule); margin-left: -1px; }
.chain .lost::before { border-color: var(--bad); }
.chain .cut::before { border-color: var(--bad); background: var(--bad); }
.chain time { color: var(--faint); font-variant-numeric: tabular-nums; }

details { margin: 0 0 0.75rem; }
summary { cursor: pointer; padding: 0.15rem 0; }
details[open] > summary { margin-bottom: 0.4rem; }
pre { background: var(--card); border-radius: 0.35rem; padding: 0.75rem 1rem; margin: 0; max-height: 24rem; overflow: auto; white-space: pre-wrap; line-height: 1.45; }
.command { background: var(--card); border-radius: 0.35rem; padding: 0.25rem 0.5rem; user-select: all; display: inline-block; }

.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1.25rem; margin-bottom: 0; }
.facts dt { color: var(--faint); }
.facts dd { margin: 0; min-width: 0; }
.facts ul { margin: 0.2rem 0 0; padding-left: 1.2rem; }
.facts ul.inline { list-style: none; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: 0.1rem 1.2rem; }

figure { margin: 0 0 1.75rem; }
figcaption { font-size: 0.9rem; }
.over-plot { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.1rem 1.25rem; margin-bottom: 0.2rem; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1.1rem; padding: 0; margin: 0; font-size: 0.9rem; }
.legend svg { width: 0.8rem; height: 0.8rem; margin-right: 0.35rem; vertical-align: -0.08rem; }
.legend .ok { fill: var(--ok); } .legend .info { fill: var(--info); }
.legend .fail { stroke: var(--fail); stroke-width: 2; fill: none; }
.readout { margin-left: auto; min-height: 1.4em; font-size: 0.9rem; color: var(--faint); font-variant-numeric: tabular-nums; }
.plot { overflow: hidden; }
.plot .u-cursor-x { border-color: var(--faint); }
.plot .u-select { background: var(--span); }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
caption { text-align: left; color: var(--faint); padding-bottom: 0.3rem; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 1.1rem 0.4rem 0; border-bottom: 1px solid var(--rule); font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--faint); white-space: nowrap; }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.scroll td, .scroll th { white-space: nowrap; }
.word { font-weight: 600; white-space: nowrap; }
.word.trouble { color: var(--bad); } .word.unexpected { color: var(--doubtful); } .word.harmless { color: var(--good); }
td .faint { font-size: 0.95em; }
.process { white-space: nowrap; }
.stacking th[scope="row"] { min-width: 17rem; }

@media (max-width: 46rem) {
  main, .verdict > div { padding-left: 1rem; padding-right: 1rem; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .facts { grid-template-columns: 5.6rem 1fr; gap: 0.3rem 0.75rem; }
  .chain li { grid-template-columns: 1fr; }
  .finding { padding: 0.85rem 0.9rem; }
  .readout { margin-left: 0; width: 100%; }
  .stacking, .stacking tbody, .stacking tr, .stacking th, .stacking td { display: block; }
  .stacking thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .stacking tr { border-bottom: 1px solid var(--rule); padding: 0.6rem 0; }
  .stacking th[scope="row"] { min-width: 0; }
  .stacking th, .stacking td { border: 0; padding: 0.1rem 0; text-align: left; white-space: normal; }
  .stacking td { display: grid; grid-template-columns: 6.5rem 1fr; }
  .stacking td::before { content: attr(data-label); color: var(--faint); }
}
@page { margin: 1.5cm; }
@media print {
  .tiles { grid-template-columns: repeat(4, 1fr); }
  .noprint, .readout { display: none; }
  body { font-size: 10.5pt; }
  main, .verdict > div { max-width: none; padding: 0; }
  h2 { margin-top: 1.5rem; }
  .finding, figure, tr { break-inside: avoid; }
  pre { max-height: none; }
  .stamp, .chain li::before { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .stacking th[scope="row"] { min-width: 12rem; }
}
`;
