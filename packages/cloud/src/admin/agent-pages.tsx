import type { KnownAgent } from '../agents/agent-list.ts';
import { ErrorSummary, Paragraphs } from '../portal/components.tsx';
import type { Site } from '../portal/site.ts';
import { AdminLayout } from './admin-layout.tsx';
import type { Administrator } from './administrator-store.ts';
import { MachineFacts } from './approve-pages.tsx';
import { GatesForm, type GatesProblem, gatesProblems } from './gates-form.tsx';
import { agentPath, PATHS } from './paths.ts';

export type WaitingPageProps = {
  administrator: Administrator;
  agent: KnownAgent;
  /** user names of those who approved it */
  approvers: readonly string[];
  problem: GatesProblem | undefined;
};

export function waitingPage(site: Site, { administrator, agent, approvers, problem }: WaitingPageProps) {
  const { admin } = site.texts;
  const { waiting, machine, agents } = admin;
  const problems = gatesProblems(site, problem);
  const title = waiting.title;
  const path = agentPath(agent.id);
  const mine = agent.approvedBy.includes(administrator.id);
  const revoke = <a href={`${path}/revoke`}>{agents.revoke(agent.name)}</a>;
  return (
    <AdminLayout
      site={site}
      title={title}
      administrator={administrator}
      at="agents"
      error={problems.length > 0}
    >
      <ErrorSummary site={site} problems={problems} />
      <h1>{title}</h1>
      <p class="notice">
        <strong>{machine.powers(agent.forests.map(({ domain }) => domain))}</strong>
      </p>
      <MachineFacts site={site} machine={agent} />
      {approvers.length > 0 ? <p>{waiting.approvedBy(approvers)}</p> : null}
      <p>{waiting.how}</p>
      <p>
        <code>homeward-agent admit &lt;fingerprint&gt;</code>
      </p>
      <p>{machine.warning}</p>
      {mine ? (
        <>
          <p>{waiting.approvedByYou}</p>
          <p class="actions">{revoke}</p>
        </>
      ) : (
        <GatesForm
          site={site}
          action={path}
          userName={administrator.userName}
          problems={problems}
          submit={waiting.approve}
        >
          {revoke}
        </GatesForm>
      )}
    </AdminLayout>
  );
}

export function revokePage(site: Site, administrator: Administrator, agent: KnownAgent) {
  const { revoke } = site.texts.admin;
  const title = revoke.title(agent.name);
  return (
    <AdminLayout site={site} title={title} administrator={administrator} at="agents">
      <h1>{title}</h1>
      <Paragraphs of={revoke.body} />
      <form method="post" action={`${agentPath(agent.id)}/revoke`}>
        <p class="actions">
          <button type="submit">{revoke.confirm}</button>
          <a href={PATHS.agents}>{revoke.keep}</a>
        </p>
      </form>
    </AdminLayout>
  );
}
