/** The style sheet of report pages: light and dark as the reader has it, and on paper. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --page: #f5f7f8; --surface: #fff; --ink: #1b242b; --dimmed: #5d6b75; --edge: #dfe5e8; --sunken: #eef2f4;
  --good: #177a55; --bad: #b3331c; --accent: #0f7a80; --fill: 15 122 128;
  --s0: #0f7a80; --s1: #c4491b; --s2: #6b3fb5; --s3: #8a6a00; --s4: #1f6fc2; --s5: #b0307a; --s6: #4b7a1e; --s7: #5b6770;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1418; --surface: #171e24; --ink: #e8edf0; --dimmed: #94a3ad; --edge: #2b3741; --sunken: #1f2830;
    --good: #6fd3a8; --bad: #f3907a; --accent: #5bbec3; --fill: 91 190 195;
    --s0: #5bbec3; --s1: #f08a62; --s2: #b79bf0; --s3: #e0b93f; --s4: #7db4f0; --s5: #ee8cc0; --s6: #a3d16e; --s7: #a9b6bf;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 Inter, system-ui, -apple-system, "Segoe UI", sans-serif; overflow-wrap: break-word; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 27px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.015em; }
h2 { font-size: 18px; margin: 0 0 2px; letter-spacing: -0.01em; }
h3 { font-size: 14px; margin: 0 0 6px; }
p { margin: 0; } .note { color: var(--dimmed); font-size: 13.5px; max-width: 76ch; }
section { background: var(--surface); border: 1px solid var(--edge); border-radius: 10px; padding: 18px 20px; margin-top: 18px; }
section > .note { margin-bottom: 12px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 18px; }
.tile { background: var(--surface); border: 1px solid var(--edge); border-radius: 10px; padding: 14px 16px; }
.tile b { display: block; font-size: 29px; line-height: 1.2; font-weight: 640; font-variant-numeric: tabular-nums; letter-spacing: -0.02em; }
.tile span { color: var(--dimmed); font-size: 13px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 20px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--edge); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; min-width: 9em; }
thead th { color: var(--dimmed); font-weight: 560; font-size: 13px; }
tbody tr:last-child > * { border-bottom: 0; } tbody th { font-weight: 560; }
td.dim, .dim { color: var(--dimmed); } .bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); }
.matrix td { text-align: center; min-width: 64px; border: 2px solid var(--surface); border-radius: 6px; }
.matrix { width: auto; } .matrix thead th { text-align: center; }
svg { display: block; width: 100%; height: auto; } svg.plot { max-width: 560px; }
svg text { fill: var(--dimmed); font: 12px Inter, system-ui, sans-serif; }
.grid { stroke: var(--edge); } .diagonal { stroke: var(--dimmed); stroke-dasharray: 4 4; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; } .bar { opacity: 0.75; stroke: none; }
.mark { stroke: var(--ink); stroke-width: 1.5; fill: var(--surface); } line.mark { stroke-dasharray: 5 4; }
.whisker { stroke: var(--dimmed); stroke-width: 1.5; } .dot { stroke: var(--surface); }
${Array.from({ length: 8 }, (_, i) => `.series-${i} { stroke: var(--s${i}); --c: var(--s${i}); } .bar.series-${i}, .dot.series-${i}, .key.series-${i} { fill: var(--s${i}); background: var(--s${i}); }`).join("\n")}
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; margin: 6px 0 0; padding: 0; list-style: none; }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; }
.range { width: 150px; height: 14px; } .range .track { stroke: var(--edge); stroke-width: 2; }
.range .reach { stroke: var(--accent); stroke-width: 4; } .range circle { fill: var(--accent); }
.badge { display: inline-block; padding: 0 7px; border-radius: 5px; font-size: 12px; font-weight: 600; color: var(--bad); background: color-mix(in srgb, var(--bad) 13%, transparent); }
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 16px; }
figure { margin: 0; border: 1px solid var(--edge); border-radius: 8px; overflow: hidden; break-inside: avoid; }
figure .pictures { display: flex; background: var(--sunken); min-height: 40px; }
figure img { width: 50%; flex: 1 1 50%; object-fit: contain; max-height: 230px; min-width: 0; }
figcaption { padding: 9px 12px 11px; font-size: 13.5px; } figcaption code { font-size: 12.5px; color: var(--dimmed); word-break: break-all; }
code { font-family: ui-monospace, "Cascadia Mono", Consolas, monospace; }
@media (max-width: 520px) { main { padding: 18px 12px 40px; } section { padding: 14px 14px; } .mistakes { grid-template-columns: 1fr; } }
@media print {
  :root { --page: #fff; --surface: #fff; --ink: #111; --dimmed: #555; --edge: #ccc; --sunken: #f2f2f2; --good: #177a55; --bad: #b3331c; --accent: #0f7a80;
    --s0: #0f7a80; --s1: #c4491b; --s2: #6b3fb5; --s3: #8a6a00; --s4: #1f6fc2; --s5: #b0307a; --s6: #4b7a1e; --s7: #5b6770; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 11pt; } main { max-width: none; padding: 0; } section { break-inside: avoid; border-radius: 0; } section.long { break-inside: auto; }
}
`;
