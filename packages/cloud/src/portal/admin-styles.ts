/** What only the administrators' portal has; the rest of its look is that of every page. */
export const ADMIN_STYLES = `
.top:has(.bar) { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.25rem; }
.bar { border-block-start: 0.0625rem solid var(--line); }
.bar ul { display: flex; flex-wrap: wrap; gap: 0 0.875rem; padding: 0; list-style: none; }
.bar a { display: inline-flex; align-items: center; min-height: 2.75rem; font-size: 0.9375rem; font-weight: 600; text-decoration: none; border-block-end: 0.1875rem solid transparent; }
.bar a:hover { border-color: var(--line); }
.bar a[aria-current] { border-color: var(--accent); color: var(--ink); }
.account-bar { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.25rem 1rem; color: var(--soft); font-size: 0.9375rem; }
.account-bar button { min-height: 2.75rem; padding-block: 0.375rem; padding-inline: 1rem; font-size: 0.9375rem; }
.verdict { display: grid; gap: 0.375rem; }
.verdict ul { padding-inline-start: 1.25rem; }
button.danger { background: var(--wrong); color: var(--sheet); }
button.danger:hover { background: var(--ink); color: var(--sheet); }
form:empty { display: none; }
.group { display: grid; gap: 0.875rem; padding-block-start: 0.5rem; }
.cards { display: grid; gap: 0.875rem; padding: 0; list-style: none; }
.card { display: grid; gap: 0.625rem; padding: min(1.25rem, 5vw); background: var(--sheet); border: 0.0625rem solid var(--line); border-radius: 0.625rem; }
.card h3 { margin: 0; font-size: 1.0625rem; line-height: 1.35; }
.card .actions { gap: 0 1.5rem; }
.state { display: flex; align-items: center; gap: 0.5rem; font-weight: 600; }
.state::before { content: ''; flex: none; width: 0.75rem; height: 0.75rem; border-radius: 50%; border: 0.125rem solid currentColor; }
.state.connected { color: var(--right); }
.state.connected::before { background: currentColor; }
.state.waiting { color: var(--focus); }
.state.away, .state.cloned { color: var(--wrong); }
.state.revoked { color: var(--soft); }
.log { padding: 0; list-style: none; border-block-end: 0.0625rem solid var(--line); }
.log > li { border-block-start: 0.0625rem solid var(--line); padding-block: 0.75rem; }
.event { display: flex; flex-wrap: wrap; gap: 0.125rem 1rem; }
.event .what { display: flex; flex-wrap: wrap; gap: 0.125rem 1rem; flex-basis: 100%; order: 1; }
.event .what > :not(h3, .state) { flex-basis: 100%; }
.event h3 { margin: 0; font-size: 1rem; line-height: 1.5; }
.event h3 a { font-weight: 400; }
.event p, .event details { font-size: 0.9375rem; }
.when, .who { color: var(--soft); font-variant-numeric: tabular-nums; }
details > summary { display: inline-flex; align-items: center; min-height: 1.75rem; color: var(--accent); cursor: pointer; text-decoration: underline; text-underline-offset: 0.18em; }
details .facts { padding-block: 0.375rem; }
select { width: 100%; min-height: 3.125rem; padding: 0.625rem 0.875rem; border: 0.0938rem solid var(--edge); border-radius: 0.625rem; background: var(--sheet); color: var(--ink); font: inherit; }
.wrong select { border-color: var(--wrong); border-width: 0.125rem; }
.facts { display: grid; gap: 0.5rem; }
.facts dt { color: var(--soft); font-size: 0.9375rem; }
.soft { color: var(--soft); font-size: 0.9375rem; }
.short { max-width: 11rem; font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, "Liberation Mono", monospace; letter-spacing: 0.08em; }
.letters { max-width: 17rem; font-size: 1.5rem; font-weight: 600; letter-spacing: 0.12em; text-transform: uppercase; }
@media (min-width: 44rem) {
  .top:has(.bar) { grid-template-columns: minmax(0, 1fr) auto; gap: 0.75rem 1rem; align-items: center; padding-block-end: 0; margin-block-end: 1rem; }
  body:has(.bar) :is(.top, main, .foot) { max-width: 64rem; }
  body:has(.bar) .sheet > :is(p:not(.news, .notice), form, .group > form) { max-width: 40rem; }
  .group > form { max-width: 34rem; }
  .cards { grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); }
  .event { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr) 10rem; gap: 1.25rem; align-items: baseline; }
  .event .what { grid-row: 1; grid-column: 2; }
  .entry { grid-template-columns: 8.5rem minmax(0, 1fr) 16.5rem; }
  .filters { grid-template-columns: repeat(3, minmax(0, 1fr)) auto; align-items: end; gap: 1rem; }
  .filters .actions { margin-block-start: 0; }
  .bar { grid-column: 1 / -1; border-block-start: 0; }
  .bar ul { gap: 0 1.75rem; }
  .card { background: var(--page); }
  .facts > div { display: grid; grid-template-columns: 8rem minmax(0, 1fr); gap: 1rem; align-items: baseline; }
  .event .facts > div { display: block; }
  .codes.facts > div { grid-template-columns: 14rem minmax(0, 1fr); }
}
@media (forced-colors: active) {
  .state::before { forced-color-adjust: none; border-color: CanvasText; }
  .bar a[aria-current] { border-color: Highlight; }
}
`;
