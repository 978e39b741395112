import type { Child } from 'hono/jsx';
import type { KnownAgent } from '../agents/agent-list.ts';
import type { ApprovedMachine } from '../agents/approved-machines.ts';
import type { Site } from '../portal/site.ts';
import { AdminLayout } from './admin-layout.tsx';
import type { Administrator } from './administrator-store.ts';
import { maskFingerprint } from './masked-fingerprint.ts';
import { agentPath, PATHS } from './paths.ts';
import { shownName } from './shown-name.ts';

export type AgentsNews = keyof Site['texts']['admin']['agents']['news'];

export type AgentsPageProps = {
  administrator: Administrator;
  agents: readonly KnownAgent[];
  /** approved, and not agents yet */
  approved: readonly ApprovedMachine[];
  news: AgentsNews | undefined;
};

export function agentsPage(site: Site, { administrator, agents, approved, news }: AgentsPageProps) {
  const words = site.texts.admin.agents;
  const waiting = agents.filter(({ status }) => status === 'pending');
  const serving = agents.filter(({ status }) => status === 'active');
  const ended = agents.filter(({ status }) => status === 'revoked' || status === 'cloned');
  return (
    <AdminLayout site={site} title={words.title} administrator={administrator} at="agents">
      {news ? (
        <p class="news" role="status">
          {words.news[news]}
        </p>
      ) : null}
      <h1>{words.title}</h1>
      <p>{words.lead}</p>
      {waiting.length + serving.length + approved.length === 0 ? (
        <div class="codes">
          <p>{ended.length > 0 ? words.noneLeft : words.none}</p>
          <p>
            <code>{`homeward-agent writeback enable --cloud ${site.publicUrl}`}</code>
          </p>
        </div>
      ) : null}
      <p class="actions">
        <a class="button" href={PATHS.approve}>
          {words.approveAction}
        </a>
      </p>
      <Approved site={site} machines={approved} />
      <Group site={site} heading={words.waitingHeading} agents={waiting} />
      <Group site={site} heading={words.servingHeading} agents={serving} />
      <Group site={site} heading={words.endedHeading} agents={ended} />
    </AdminLayout>
  );
}

function Approved({ site, machines }: { site: Site; machines: readonly ApprovedMachine[] }) {
  const words = site.texts.admin.agents;
  if (machines.length === 0) return null;
  return (
    <section class="group">
      <h2>{words.approved.heading}</h2>
      <ul class="cards">
        {machines.map(({ name, forests, expiresAt }) => (
          <li>
            <article class="card">
              <h3>{shownName(name)}</h3>
              <p class="state waiting">{words.approved.state}</p>
              <dl class="facts">
                <Fact title={words.forests}>{forests.map(({ domain }) => shownName(domain)).join(', ')}</Fact>
              </dl>
              <p>{words.approved.next(site.moment(expiresAt))}</p>
            </article>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Fact({ title, children }: { title: string; children: Child }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Group({ site, heading, agents }: { site: Site; heading: string; agents: readonly KnownAgent[] }) {
  if (agents.length === 0) return null;
  return (
    <section class="group">
      <h2>{heading}</h2>
      <ul class="cards">
        {agents.map((agent) => (
          <li>
            <Card site={site} agent={agent} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Card({ site, agent }: { site: Site; agent: KnownAgent }) {
  const words = site.texts.admin.agents;
  const { id, status, forests, fingerprint, since } = agent;
  const name = shownName(agent.name);
  const at = site.moment(since);
  const shown = status === 'pending' ? maskFingerprint(fingerprint) : fingerprint;
  return (
    <article class="card">
      <h3>{name}</h3>
      <p class={`state ${stateOf(agent)}`}>{words.states[stateOf(agent)]}</p>
      <dl class="facts">
        <Fact title={words.forests}>{forests.map(({ domain }) => shownName(domain)).join(', ')}</Fact>
        <Fact title={words.since}>
          <time datetime={at.iso}>{at.text}</time>
        </Fact>
        <Fact title={words.fingerprint}>
          <code>{shown}</code>
        </Fact>
      </dl>
      {status === 'pending' || status === 'active' ? (
        <p class="actions">
          {status === 'pending' ? <a href={agentPath(id)}>{words.look(name)}</a> : null}
          <a href={`${agentPath(id)}/revoke`}>{words.revoke(name)}</a>
        </p>
      ) : null}
    </article>
  );
}

function stateOf({ status, connected }: KnownAgent) {
  if (status === 'pending') return 'waiting';
  if (status === 'active') return connected ? 'connected' : 'away';
  return status;
}
