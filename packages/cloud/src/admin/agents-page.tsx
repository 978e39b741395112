import type { KnownAgent } from '../agents/agent-list.ts';
import type { Site } from '../portal/site.ts';
import { AdminLayout } from './admin-layout.tsx';
import type { Administrator } from './administrator-store.ts';
import { maskFingerprint } from './masked-fingerprint.ts';
import { agentPath, PATHS } from './paths.ts';

export type AgentsNews = keyof Site['texts']['admin']['agents']['news'];

export type AgentsPageProps = {
  administrator: Administrator;
  agents: readonly KnownAgent[];
  news: AgentsNews | undefined;
};

export function agentsPage(site: Site, { administrator, agents, news }: AgentsPageProps) {
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
      {waiting.length + serving.length === 0 ? (
        <div class="codes">
          <p>{ended.length > 0 ? words.noneLeft : words.none}</p>
          <p>
            <code>{`homeward-agent writeback enable --cloud ${site.publicUrl}`}</code>
          </p>
        </div>
      ) : null}
      <Group site={site} heading={words.waitingHeading} agents={waiting} />
      <Group site={site} heading={words.servingHeading} agents={serving} />
      <p class="actions">
        <a class="button" href={PATHS.approve}>
          {words.approveAction}
        </a>
      </p>
      <Group site={site} heading={words.endedHeading} agents={ended} />
    </AdminLayout>
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
  const { id, name, status, forests, fingerprint, since } = agent;
  const at = site.moment(since);
  const shown = status === 'pending' ? maskFingerprint(fingerprint) : fingerprint;
  return (
    <article class="card">
      <h3>{name}</h3>
      <p class={`state ${stateOf(agent)}`}>{words.states[stateOf(agent)]}</p>
      <dl class="facts">
        <div>
          <dt>{words.forests}</dt>
          <dd>{forests.map(({ domain }) => domain).join(', ')}</dd>
        </div>
        <div>
          <dt>{words.since}</dt>
          <dd>
            <time datetime={at.iso}>{at.text}</time>
          </dd>
        </div>
        <div>
          <dt>{words.fingerprint}</dt>
          <dd>
            <code>{shown}</code>
          </dd>
        </div>
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
