/** The whole look, light and dark. Sizes are in rem, so that it grows with the text size that people have set. */
export const STYLES = `
:root {
  color-scheme: light dark;
  --page: #f4f2ee;
  --sheet: #ffffff;
  --ink: #1d2528;
  --soft: #55615f;
  --line: #dcd8d0;
  --edge: #78827f;
  --accent: #0f5a63;
  --accent-strong: #0a434a;
  --on-accent: #ffffff;
  --accent-wash: #e6f0ef;
  --wrong: #a3261c;
  --wrong-wash: #fdf0ee;
  --right: #1f6a3a;
  --right-wash: #ebf5ee;
  --light: #ffd98a;
  --focus: #b4500b;
  --shadow: 0 1px 2px rgb(29 37 40 / 5%), 0 12px 32px -12px rgb(29 37 40 / 14%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12181a;
    --sheet: #1a2225;
    --ink: #e9eeed;
    --soft: #a7b3b1;
    --line: #2f3b3e;
    --edge: #84918f;
    --accent: #8fd0d3;
    --accent-strong: #b4e3e4;
    --on-accent: #0b2427;
    --accent-wash: #203135;
    --wrong: #ffb0a6;
    --wrong-wash: #3a2321;
    --right: #9bdcb0;
    --right-wash: #1d3226;
    --light: #ffd98a;
    --focus: #ffb65c;
    --shadow: 0 1px 2px rgb(0 0 0 / 30%);
  }
}

*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: none; text-size-adjust: none; }
body {
  margin: 0;
  min-height: 100vh;
  min-height: 100dvh;
  display: flex;
  flex-direction: column;
  background: var(--page);
  color: var(--ink);
  font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, p, ul, dl, dd { margin: 0; }
h1 { font-size: clamp(1.625rem, 1.35rem + 1.4vw, 2.125rem); line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; text-wrap: balance; }
h2 { font-size: 1.1875rem; line-height: 1.35; font-weight: 650; }
p { text-wrap: pretty; }
a { color: var(--accent); text-decoration-thickness: 0.08em; text-underline-offset: 0.18em; }
a:hover { color: var(--accent-strong); text-decoration-thickness: 0.14em; }
:focus-visible { outline: 0.1875rem solid var(--focus); outline-offset: 0.1875rem; border-radius: 0.25rem; }
main:focus { outline: none; }

.top, main, .foot { width: 100%; max-width: 40rem; margin-inline: auto; padding-inline: min(1.25rem, 5vw); }
.top { padding-block: 1.25rem 0.75rem; }
.brand { display: inline-flex; align-items: center; gap: 0.625rem; min-height: 2.75rem; color: var(--ink); font-weight: 600; text-decoration: none; }
.brand:hover { color: var(--accent); }
.mark { flex: none; width: 1.75rem; height: 1.75rem; }
.mark-house { fill: var(--accent); }
.mark-door { fill: var(--light); }
main { flex: 1; }
.sheet { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; padding-block: 0.75rem 2rem; }
.skip { position: absolute; inset-inline-start: 1rem; top: -4rem; padding: 0.75rem 1rem; background: var(--sheet); z-index: 1; }
.skip:focus { top: 1rem; }

.step { display: flex; align-items: center; gap: 0.625rem; color: var(--soft); font-size: 0.9375rem; }
.step-bar { display: inline-flex; gap: 0.25rem; }
.step-bar span { width: 1.5rem; height: 0.3125rem; border-radius: 1rem; background: var(--line); }
.step-bar .reached { background: var(--accent); }
.lead { font-size: 1.1875rem; line-height: 1.5; }
.rules { display: grid; gap: 0.375rem; margin-block: 0.5rem 0; padding-inline-start: 1.25rem; }
.rules.live { list-style: none; padding-inline-start: 0; }
.rules.live li { display: grid; grid-template-columns: 1.5rem 1fr; gap: 0.5rem; align-items: start; }
.rules.live li::before { content: '•'; text-align: center; color: var(--soft); }
.rules.live li[data-rule]::before { content: ''; width: 1.125rem; height: 1.125rem; margin: 0.25rem 0.1875rem; border: 0.125rem solid var(--edge); border-radius: 50%; }
.rules.live li.met::before { content: '✓'; border-color: var(--right); background: var(--right); color: var(--sheet); font-size: 0.75rem; font-weight: 700; line-height: 1; display: grid; place-items: center; }
.rules li.broken { color: var(--wrong); }
.rules li.broken::marker { content: '× '; }
.rules.live li.broken::before, .rules.live li[data-rule].broken::before { content: '×'; width: 1.125rem; height: 1.125rem; margin: 0.25rem 0.1875rem; border: 0.125rem solid var(--wrong); border-radius: 50%; color: var(--wrong); font-size: 0.8125rem; font-weight: 700; line-height: 1; display: grid; place-items: center; }
.rules.live li.met { color: var(--right); }
.rules.live li .visually-hidden { grid-column: 2; }
.notice { padding: 0.75rem 1rem; border-inline-start: 0.25rem solid var(--focus); background: var(--accent-wash); border-radius: 0.375rem; }
.account { color: var(--soft); margin-block-start: -0.5rem; }

form, fieldset, .field, .hint { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; }
fieldset { margin: 0; padding: 0; border: 0; min-inline-size: 0; }
.field { gap: 0.5rem; }
.field h1 { margin-block-end: 0.375rem; }
.label { font-weight: 600; }
.hint { gap: 0.5rem; color: var(--soft); margin-block-end: 0.375rem; }
.error { display: grid; gap: 0.5rem; color: var(--wrong); font-weight: 600; }
/* Out of the grid while it is empty, but there: a screen reader hears what is put into it. */
.differ:empty { position: absolute; }
.several { font-weight: 400; }
.several p { padding-inline-start: 0.875rem; border-inline-start: 0.1875rem solid var(--wrong); }
input {
  width: 100%;
  min-height: 3.125rem;
  padding: 0.625rem 0.875rem;
  border: 0.0938rem solid var(--edge);
  border-radius: 0.625rem;
  background: var(--sheet);
  color: var(--ink);
  font: inherit;
  font-size: 1.125rem;
}
input:hover { border-color: var(--accent); }
input:focus-visible { outline-offset: 0.0625rem; border-radius: 0.625rem; }
.wrong input { border-color: var(--wrong); border-width: 0.125rem; }
input:disabled { background: var(--page); border-style: dashed; color: var(--soft); }
input:disabled:hover { border-color: var(--edge); }
.digits { max-width: 11rem; font-size: 1.5rem; font-weight: 600; letter-spacing: 0.18em; font-variant-numeric: tabular-nums; }

.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem 1.5rem; }
.actions > a:not(.button) { display: inline-flex; align-items: center; min-height: 2.75rem; }
button, .button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  min-height: 3.125rem;
  padding: 0.625rem min(1.75rem, 6vw);
  border: 0.0938rem solid transparent;
  border-radius: 0.625rem;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
button:hover, .button:hover { background: var(--accent-strong); color: var(--on-accent); }
button:focus-visible, .button:focus-visible { border-radius: 0.625rem; }
button:disabled, button:disabled:hover { background: var(--line); color: var(--soft); cursor: not-allowed; }
button[aria-busy], button[aria-busy]:hover { cursor: progress; }
button.secondary { background: transparent; border-color: var(--edge); color: var(--accent); }
button.show { justify-self: start; }
button.secondary:hover { background: var(--accent-wash); border-color: var(--accent); color: var(--accent-strong); }

.summary, .news, .success, .choice { padding: 1rem min(1.125rem, 4vw); border-radius: 0.625rem; }
.summary { display: grid; gap: 0.5rem; background: var(--wrong-wash); border: 0.0938rem solid var(--wrong); border-inline-start-width: 0.375rem; }
.summary:focus { outline: 0.125rem solid var(--wrong); outline-offset: 0; border-radius: 0.625rem; }
.summary ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 0.375rem; font-weight: 600; }
.summary a { display: inline-block; padding-block: 0.375rem; color: var(--wrong); }
.news { background: var(--right-wash); border: 0.0938rem solid var(--right); border-inline-start-width: 0.375rem; }
.success { display: flex; flex-wrap: wrap; gap: 0.5rem 0.875rem; padding-block: 1.25rem; background: var(--right-wash); }
.success > div { flex: 1 1 13rem; display: grid; gap: 0.375rem; }
.tick { width: 2.25rem; height: 2.25rem; margin-block-start: 0.125rem; }
.tick circle { fill: var(--right); }
.tick path { fill: none; stroke: var(--right-wash); stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
.choice { display: grid; gap: 0.625rem; background: var(--sheet); border: 0.0625rem solid var(--line); padding: min(1.5rem, 5vw); }
.choice p { text-wrap: wrap; }
.choice .actions { margin-block-start: 0.5rem; }
.codes { display: grid; gap: 0.5rem; padding: 1rem 1.125rem; border: 0.0938rem solid var(--line); border-radius: 0.625rem; }
.codes dt { color: var(--soft); font-size: 0.9375rem; }
code { font: 0.875rem/1.6 ui-monospace, "SFMono-Regular", Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; user-select: all; }
.codes code { font-size: 1rem; }
.aside { display: grid; gap: 0.75rem; padding-block-start: 1.25rem; border-block-start: 0.0625rem solid var(--line); }
.next { display: grid; gap: 0.75rem; padding-inline-start: 1.25rem; }
.next li::marker { color: var(--accent); }
.moving { height: 0.375rem; border-radius: 1rem; background: var(--line); overflow: hidden; }
.moving::before { content: ""; display: block; width: 40%; height: 100%; border-radius: inherit; background: var(--accent); animation: move 1.6s ease-in-out infinite alternate; }
@keyframes move { to { margin-inline-start: 60%; } }

.foot { padding-block: 1rem 1.5rem; color: var(--soft); font-size: 0.875rem; }
.foot dl { display: flex; flex-wrap: wrap; gap: 0.375rem 1.75rem; }
.foot dl > div { display: flex; flex-wrap: wrap; gap: 0 0.5rem; }
.foot dt::after { content: ":"; }
.foot code { font-size: 0.8125rem; line-height: 1.7; }
.visually-hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

@media (max-width: 30rem) {
  .success > div { flex-basis: 100%; }
}
@media (min-width: 44rem) {
  .top { padding-block: 2.5rem 1rem; }
  .sheet { gap: 1.5rem; padding: 2.5rem 3rem 2.75rem; background: var(--sheet); border: 0.0625rem solid var(--line); border-radius: 1rem; box-shadow: var(--shadow); }
  .choice { background: var(--page); }
  .foot { padding-block: 1.5rem 3rem; }
}
@media (prefers-reduced-motion: reduce) {
  .moving::before { animation: none; width: 100%; opacity: 0.5; }
}
@media (forced-colors: active) {
  button, .button { border-color: ButtonText; }
  .summary, .news, .success { border: 0.125rem solid CanvasText; }
  .step-bar span { border: 0.0625rem solid CanvasText; }
  .step-bar .reached, .moving::before { background: Highlight; forced-color-adjust: none; }
  .mark-house, .tick circle { fill: CanvasText; }
  .mark-door { fill: Canvas; }
  .tick path { stroke: Canvas; }
}
@media print {
  body { background: none; color: #000; display: block; }
  .skip, .actions, .aside, .moving, form { display: none; }
  .sheet { border: 0; box-shadow: none; padding-inline: 0; }
}
`;

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<path fill="#0f5a63" d="M16 3 3.5 13.2V27a2 2 0 0 0 2 2h21a2 2 0 0 0 2-2V13.2Z"/>
<path fill="#ffd98a" d="M12 29V19.5a4 4 0 0 1 8 0V29Z"/>
</svg>
`;
