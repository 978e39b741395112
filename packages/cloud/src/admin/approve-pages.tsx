import type { AskingMachine } from '../agents/decide-device.ts';
import { ErrorSummary, Field, type Problem } from '../portal/components.tsx';
import type { Site } from '../portal/site.ts';
import { AdminLayout } from './admin-layout.tsx';
import type { Administrator } from './administrator-store.ts';
import { GatesForm, type GatesProblem, gatesProblems } from './gates-form.tsx';
import { maskFingerprint } from './masked-fingerprint.ts';
import { PATHS, requestPath } from './paths.ts';
import { shownName } from './shown-name.ts';

export type EntryProblem = keyof Site['texts']['admin']['enterCode']['problems'];

export function entryPage(site: Site, administrator: Administrator, problem: EntryProblem | undefined) {
  const { admin, ...texts } = site.texts;
  const { enterCode } = admin;
  const problems: Problem[] = problem ? [{ field: 'user-code', text: enterCode.problems[problem] }] : [];
  return (
    <AdminLayout
      site={site}
      title={enterCode.heading}
      administrator={administrator}
      at="agents"
      error={problems.length > 0}
    >
      <ErrorSummary site={site} problems={problems} />
      <form method="post" action={PATHS.approve} novalidate>
        <Field
          id="user-code"
          name="userCode"
          type="text"
          label={enterCode.heading}
          labelIsHeading
          hint={enterCode.hint}
          problems={problems}
          errorPrefix={texts.errorPrefix}
          autocomplete="off"
          class="letters"
        />
        <p class="actions">
          <button type="submit">{texts.continue}</button>
        </p>
      </form>
    </AdminLayout>
  );
}

export type MachinePageProps = {
  administrator: Administrator;
  machine: AskingMachine;
  isOnlyAdministrator: boolean;
  problem: GatesProblem | undefined;
};

export function machinePage(
  site: Site,
  { administrator, machine, isOnlyAdministrator, problem }: MachinePageProps,
) {
  const { admin } = site.texts;
  const words = admin.machine;
  const problems = gatesProblems(site, problem);
  const title = words.title;
  const path = requestPath(machine.id);
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
        <strong>{words.powers(machine.forests.map(({ domain }) => shownName(domain)))}</strong>
      </p>
      <MachineFacts site={site} machine={machine} />
      {machine.isFurther ? <p>{words.further}</p> : null}
      {machine.isReplacement ? <p>{words.replacement}</p> : null}
      {machine.isReplacement && isOnlyAdministrator ? <p>{admin.waiting.onlyOne}</p> : null}
      <p>{words.warning}</p>
      <form id="refuse" method="post" action={`${path}/refuse`} />
      <GatesForm
        site={site}
        action={path}
        userName={administrator.userName}
        problems={problems}
        submit={words.approve}
      >
        <button type="submit" class="secondary" form="refuse">
          {words.refuse}
        </button>
      </GatesForm>
    </AdminLayout>
  );
}

export type MachineFactsProps = {
  site: Site;
  machine: Pick<AskingMachine, 'name' | 'forests' | 'fingerprint'> & { clientAddress?: string };
};

export function MachineFacts({ site, machine }: MachineFactsProps) {
  const { facts } = site.texts.admin;
  const { name, clientAddress, forests, fingerprint } = machine;
  return (
    <dl class="codes facts">
      <div>
        <dt>{facts.name}</dt>
        <dd>{shownName(name)}</dd>
      </div>
      {clientAddress ? (
        <div>
          <dt>{facts.address}</dt>
          <dd>
            <code>{clientAddress}</code>
          </dd>
        </div>
      ) : null}
      {forests.map(({ domain, sid }) => (
        <div>
          <dt>{facts.forest(shownName(domain))}</dt>
          <dd>
            <code>{sid}</code>
          </dd>
        </div>
      ))}
      <div>
        <dt>{facts.fingerprint}</dt>
        <dd>
          <code>{maskFingerprint(fingerprint)}</code> <span class="soft">({facts.masked})</span>
        </dd>
      </div>
    </dl>
  );
}
