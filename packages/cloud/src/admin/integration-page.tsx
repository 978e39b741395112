import type { AgentStatus, ForestStatus, TenantStatus } from '../agents/status.ts';
import { attentionOf } from '../agents/status-attention.ts';
import { EVENTS_TEXT } from '../portal/locales/en-events.ts';
import type { LinkWords } from '../portal/locales/en-integration.ts';
import type { Site } from '../portal/site.ts';
import { AdminLayout } from './admin-layout.tsx';
import type { Administrator } from './administrator-store.ts';
import { eventsPath, PATHS, reinstatePath } from './paths.ts';
import { shownName } from './shown-name.ts';

export type IntegrationNews = keyof Site['texts']['integration']['news'];

export type IntegrationPageProps = {
  administrator: Administrator;
  status: TenantStatus;
  news: IntegrationNews | undefined;
};

/** Whether passwords can be written now, forest by forest and agent by agent; nothing is green that was not tried. */
export function integrationPage(site: Site, { administrator, status, news }: IntegrationPageProps) {
  const words = site.texts.integration;
  const why = status.state === 'down' && status.why !== undefined ? words.links[status.why] : undefined;
  const summary = words.states[status.state];
  const attention = attentionOf(status, shownName);
  return (
    <AdminLayout site={site} title={words.title} administrator={administrator} at="integration">
      {news ? (
        <p class="news" role="status">
          {words.news[news]}
        </p>
      ) : null}
      <h1>{words.title}</h1>
      <div class={`verdict ${boxOf(status)}`}>
        <p>
          <strong>{why === undefined ? summary.heading : `${summary.heading}: ${why.heading}`}</strong>
        </p>
        <Meaning words={why ?? summary} />
        {attention.length === 0 ? null : (
          <ul>
            {attention.map((text) => (
              <li>{text}</li>
            ))}
          </ul>
        )}
      </div>
      <p class="hint">{words.asked(site.moment(status.at).text)}</p>
      <p class="actions">
        <a class="button" href={PATHS.integration}>
          {words.askAgain}
        </a>
      </p>
      {status.forests.length > 0 ? (
        <section class="group">
          <h2>{words.forests}</h2>
          <ul class="cards">
            {status.forests.map((forest) => (
              <li>
                <Forest site={site} forest={forest} agents={status.agents} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {status.agents.length > 0 ? (
        <section class="group">
          <h2>{words.agents}</h2>
          <ul class="cards">
            {status.agents.map((agent) => (
              <li>
                <Agent site={site} agent={agent} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </AdminLayout>
  );
}

/** Green where all is well, red where people are turned away, amber in between and while answers are to come. */
function boxOf({ state, why }: TenantStatus): 'news' | 'notice' | 'summary' {
  if (state === 'up' || state === 'upOutdated') return 'news';
  const isPassing = why === 'cloudStarting' || why === 'notAskedYet';
  return state === 'down' && !isPassing ? 'summary' : 'notice';
}

function Meaning({ words: { meaning, next } }: { words: LinkWords }) {
  return (
    <>
      <p>{meaning}</p>
      {next === undefined ? null : <p>{next}</p>}
    </>
  );
}

type ForestProps = { site: Site; forest: ForestStatus; agents: readonly AgentStatus[] };

function Forest({ site, forest, agents }: ForestProps) {
  const words = site.texts.integration;
  const link = words.links[forest.link];
  const serving = agents.filter(({ id }) => forest.agents.includes(id)).map(({ name }) => shownName(name));
  return (
    <article class="card">
      <h3>{shownName(forest.domain)}</h3>
      <p class={`state ${forest.link === 'up' ? 'connected' : 'away'}`}>{link.heading}</p>
      <Meaning words={link} />
      <dl class="facts">
        <Fact title={words.servedBy} text={serving.length === 0 ? words.nobody : serving.join(', ')} />
      </dl>
    </article>
  );
}

function Agent({ site, agent }: { site: Site; agent: AgentStatus }) {
  const { facts, warnings, open, reinstate, links } = site.texts.integration;
  const name = shownName(agent.name);
  const ways = new Set(Object.values(agent.forests));
  const isUp = [...ways].every((link) => link === 'up');
  const { report, keys, lastHeardAt } = agent;
  const heard = lastHeardAt === undefined ? facts.never : site.moment(lastHeardAt).text;
  return (
    <article class="card">
      <h3>{name}</h3>
      <p class={`state ${isUp ? 'connected' : 'away'}`}>
        {[...ways].map((link) => links[link].heading).join('; ')}
      </p>
      {agent.warnings.map((warning) => (
        <p class="notice">{warnings[warning]}</p>
      ))}
      <dl class="facts">
        <Fact title={facts.connections} text={open(agent.links)} />
        <Fact title={facts.lastHeard} text={heard} />
        {report === undefined ? null : (
          <>
            <Fact title={facts.version} text={report.version} />
            <Fact title={facts.counts} text={facts.countsText(report.counts.served, report.counts.applied)} />
            <Fact title={facts.people} text={String(report.counts.people)} />
          </>
        )}
        {keys === undefined ? null : (
          <Fact title={facts.keys} text={facts.generation(keys.generation, site.moment(keys.madeAt).text)} />
        )}
      </dl>
      <p class="actions">
        <a href={eventsPath({ agent: agent.id })}>{EVENTS_TEXT.of(name)}</a>
      </p>
      {agent.status === 'cloned' ? (
        <>
          <p class="hint">{reinstate.hint}</p>
          <p class="actions">
            <a href={reinstatePath(agent.id)}>{reinstate.link(name)}</a>
          </p>
        </>
      ) : null}
    </article>
  );
}

function Fact({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{text}</dd>
    </div>
  );
}
