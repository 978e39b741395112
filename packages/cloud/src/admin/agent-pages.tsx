import type { Child } from 'hono/jsx';
import type { KnownAgent } from '../agents/agent-list.ts';
import { ErrorSummary, Paragraphs } from '../portal/components.tsx';
import type { Site } from '../portal/site.ts';
import { AdminLayout } from './admin-layout.tsx';
import type { Administrator } from './administrator-store.ts';
import { MachineFacts } from './approve-pages.tsx';
import { GatesForm, type GatesProblem, gatesProblems } from './gates-form.tsx';
import { agentPath, PATHS, reinstatePath } from './paths.ts';
import { shownName } from './shown-name.ts';

export type WaitingPageProps = {
  administrator: Administrator;
  agent: KnownAgent;
  /** an agent serves all of its forests, and so may admit it */
  canBeAdmittedByAgent: boolean;
  isOnlyAdministrator: boolean;
  /** user names of those who approved it */
  approvers: readonly string[];
  problem: GatesProblem | undefined;
};

export function waitingPage(site: Site, props: WaitingPageProps) {
  const { administrator, agent, canBeAdmittedByAgent, approvers, problem } = props;
  const { admin } = site.texts;
  const { waiting, machine, agents } = admin;
  const problems = gatesProblems(site, problem);
  const title = waiting.title;
  const path = agentPath(agent.id);
  const mine = agent.approvedBy.includes(administrator.id);
  const revoke = <a href={`${path}/revoke`}>{agents.revoke(shownName(agent.name))}</a>;
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
        <strong>{machine.powers(agent.forests.map(({ domain }) => shownName(domain)))}</strong>
      </p>
      <MachineFacts site={site} machine={agent} />
      {approvers.length > 0 ? <p>{waiting.approvedBy(approvers)}</p> : null}
      {canBeAdmittedByAgent ? (
        <>
          <p>{waiting.how}</p>
          <p>
            <code>homeward-agent admit &lt;fingerprint&gt;</code>
          </p>
        </>
      ) : (
        <p>{waiting.howWithoutAgent}</p>
      )}
      {!canBeAdmittedByAgent && props.isOnlyAdministrator ? <p>{waiting.onlyOne}</p> : null}
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

export type RevokePageProps = {
  administrator: Administrator;
  agent: KnownAgent;
  /** of the forests that no other agent serves: nobody there can reset a password then */
  bereft: readonly string[];
  isOnlyAdministrator: boolean;
  problem: GatesProblem | undefined;
};

export function revokePage(site: Site, props: RevokePageProps) {
  const { administrator, agent, bereft, isOnlyAdministrator, problem } = props;
  const { revoke } = site.texts.admin;
  return (
    <ConfirmPage
      {...{ site, administrator, problem }}
      at="agents"
      title={revoke.title(shownName(agent.name))}
      action={`${agentPath(agent.id)}/revoke`}
      submit={revoke.confirm}
      isDangerous
      back={{ href: PATHS.agents, text: revoke.keep }}
    >
      <Paragraphs of={revoke.body} />
      {bereft.length > 0 ? (
        <p class="notice">
          <strong>{revoke.bereft(bereft.map(shownName))}</strong>
        </p>
      ) : null}
      {bereft.length > 0 && isOnlyAdministrator ? <p>{revoke.onlyOne}</p> : null}
    </ConfirmPage>
  );
}

export type ReinstatePageProps = Pick<RevokePageProps, 'administrator' | 'agent' | 'problem'>;

export function reinstatePage(site: Site, { administrator, agent, problem }: ReinstatePageProps) {
  const { reinstate } = site.texts.integration;
  return (
    <ConfirmPage
      {...{ site, administrator, problem }}
      at="integration"
      title={reinstate.title(shownName(agent.name))}
      action={reinstatePath(agent.id)}
      submit={reinstate.action}
      back={{ href: PATHS.integration, text: reinstate.keep }}
    >
      <Paragraphs of={reinstate.body} />
    </ConfirmPage>
  );
}

type ConfirmPageProps = {
  site: Site;
  administrator: Administrator;
  at: 'agents' | 'integration';
  title: string;
  action: string;
  submit: string;
  isDangerous?: boolean;
  back: { href: string; text: string };
  problem: GatesProblem | undefined;
  children: Child;
};

/** What a session alone does not decide: both gates once more. */
function ConfirmPage({ site, administrator, at, title, children, ...form }: ConfirmPageProps) {
  const problems = gatesProblems(site, form.problem);
  return (
    <AdminLayout site={site} title={title} administrator={administrator} at={at} error={problems.length > 0}>
      <ErrorSummary site={site} problems={problems} />
      <h1>{title}</h1>
      {children}
      <GatesForm
        site={site}
        action={form.action}
        userName={administrator.userName}
        problems={problems}
        submit={form.submit}
        isDangerous={form.isDangerous ?? false}
        asksEnding={false}
      >
        <a href={form.back.href}>{form.back.text}</a>
      </GatesForm>
    </AdminLayout>
  );
}
