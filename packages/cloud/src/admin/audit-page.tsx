import type { ReadEntry } from '../audit/audit-reader.ts';
import { supportCodeOf } from '../audit/support-code.ts';
import { type Party, tellEntry, utcSecond } from '../audit/tell-entry.ts';
import { ErrorSummary, type Problem } from '../portal/components.tsx';
import { AUDIT_TEXT as words } from '../portal/locales/en-audit-page.ts';
import type { Site } from '../portal/site.ts';
import { AdminLayout } from './admin-layout.tsx';
import type { Administrator } from './administrator-store.ts';
import { AuditFilters } from './audit-filters.tsx';
import type { AskedAudit, AuditAnswer, AuditProblem } from './audit-query.ts';
import { auditPath, PATHS } from './paths.ts';
import { shownName } from './shown-name.ts';

export type AuditPageProps = {
  administrator: Administrator;
  asked: AskedAudit;
  found: AuditAnswer;
  problems: readonly AuditProblem[];
};

const FIELDS: Partial<Record<AuditProblem, string>> = {
  flowMalformed: 'flow',
  personUnknown: 'person',
  activityUnknown: 'activity',
};

export function auditPage(site: Site, { administrator, asked, found, problems }: AuditPageProps) {
  const told = problems.map((problem): Problem => {
    const field = FIELDS[problem];
    return { ...(field !== undefined && { field }), text: words.problems[problem] };
  });
  const isAll = asked.flow === '' && asked.person === '' && asked.activity === '';
  const { entries, further, flows = [], moreFlows = false } = found;
  const isFlow = asked.flow !== '';
  return (
    <AdminLayout {...{ site, administrator, title: words.title, error: told.length > 0 }} at="audit">
      <ErrorSummary site={site} problems={told} />
      <h1>{words.title}</h1>
      <p>{words.lead}</p>
      <AuditFilters site={site} asked={asked} problems={told} />
      {flows.length > 1 ? <p class="notice">{words.ambiguous(flows.length, moreFlows)}</p> : null}
      {isFlow ? (
        flows.map((id) => (
          <Reset site={site} id={id} entries={entries.filter((entry) => entry.flowId === id)} />
        ))
      ) : (
        <Log site={site} heading={words.listHeading} entries={entries} />
      )}
      {entries.length === 0 && told.length === 0 ? (
        <p class="notice">{isFlow ? words.noneOfCode : isAll ? words.none : words.noneFound}</p>
      ) : null}
      <p class="actions">
        {further === undefined ? null : (
          <a class="button" href={auditPath({ ...asked, after: further })} rel="next">
            {isFlow ? words.later : words.older}
          </a>
        )}
        {asked.after === '' ? null : (
          <a href={auditPath({ ...asked, after: '' })}>{isFlow ? words.first : words.newest}</a>
        )}
        {isAll ? null : <a href={PATHS.audit}>{words.showAll}</a>}
      </p>
    </AdminLayout>
  );
}

type LogProps = { site: Site; entries: readonly ReadEntry[] };

/** All steps of one reset that are on this page. */
function Reset({ site, id, entries }: LogProps & { id: string }) {
  const named = entries.find(({ personName }) => personName !== null)?.personName;
  const code = supportCodeOf(id);
  const heading = named ? words.resetOf(code, shownName(named)) : words.reset(code);
  return <Log site={site} heading={heading} entries={entries} inReset />;
}

function Log({ site, heading, entries, inReset }: LogProps & { heading: string; inReset?: boolean }) {
  if (entries.length === 0) return null;
  return (
    <section class="group">
      <h2>{heading}</h2>
      <ol class="log">
        {entries.map((entry) => (
          <li>
            <Row site={site} entry={entry} inReset={inReset ?? false} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Row({ site, entry, inReset }: { site: Site; entry: ReadEntry; inReset: boolean }) {
  const { heading, name, meaning, by, from, about } = tellEntry(site.texts.audit, entry);
  const { at, activity, flowId, requestId } = entry;
  const said = [inReset && activity === 'resetFlowProgress' ? undefined : name, meaning];
  const sentence = said.filter((text) => text !== undefined).join('. ');
  return (
    <article class="event entry">
      <div class="what">
        <h3>{heading}</h3>
        {sentence === '' ? null : <p>{sentence}</p>}
        {about.length === 0 ? null : (
          <p>
            {words.about} <Parties of={about} />
          </p>
        )}
        {inReset || flowId === null ? null : (
          <p>
            {words.flow} <a href={auditPath({ flow: flowId })}>{supportCodeOf(flowId)}</a>
          </p>
        )}
        {inReset && requestId !== null ? (
          <details>
            <summary>{words.request}</summary>
            <code>{requestId}</code>
          </details>
        ) : null}
      </div>
      <p class="when">
        <time datetime={new Date(at).toISOString()}>{utcSecond(at)}</time>
      </p>
      <p class="who">
        {words.by} <Parties of={[by]} />
        {from === undefined ? null : `, ${from}`}
      </p>
    </article>
  );
}

function Parties({ of }: { of: readonly Party[] }) {
  return (
    <>
      {of.map(({ id, text }, index) => (
        <>
          {index === 0 ? '' : ', '}
          {id === undefined ? shownName(text) : <a href={auditPath({ person: id })}>{shownName(text)}</a>}
        </>
      ))}
    </>
  );
}
