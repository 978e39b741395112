/** An entry of the audit log in words: what, result, by whom, about whom. */
import type { Texts } from '../portal/locales/en.ts';
import type { AuditResult } from './audit-log.ts';
import type { ReadEntry } from './audit-reader.ts';

/** `id` of a person or an administrator, who can be looked up by it. */
export type Party = { text: string; id?: string };

export type ToldEntry = {
  /** what it came to */
  heading: string;
  /** what was going on, where the heading does not say so */
  name?: string;
  meaning?: string;
  by: Party;
  /** the address of whoever did it, or had asked the cloud to do it */
  from?: string;
  /** whom and what it is about, apart from who did it */
  about: Party[];
};

/** Done by the cloud on somebody's behalf; the actor that is stored is who got the mail. */
const BY_CLOUD: ReadonlySet<AuditResult> = new Set<AuditResult>([
  'codeSent',
  'codeNotSent',
  'noUsableAccount',
  'accountLimited',
  'addressTooNew',
  'confirmationMailed',
  'lateOutcomeMailed',
]);

export function tellEntry(words: Texts['audit'], entry: ReadEntry): ToldEntry {
  const { activity, result } = entry;
  const { name, done } = words.activities[activity];
  const told = result === 'success' ? { heading: done } : { ...words.results[result], name };
  const person = personIn(entry);
  const actor = actorIn(entry) ?? (result === 'codeProven' ? person : undefined);
  const isSubject = activity === 'addAdministrator' || activity === 'disableAdministrator';
  const byCloud = BY_CLOUD.has(result);
  const by = byCloud
    ? { text: words.cloud }
    : ((isSubject ? undefined : actor) ?? { text: words.nobody[activity] });
  const about = [person, isSubject || byCloud ? actor : undefined, thingIn(entry)];
  const { clientAddress } = entry;
  const from = clientAddress === null ? undefined : words[byCloud ? 'askedFrom' : 'from'](clientAddress);
  const named = new Set([by.text]);
  return {
    ...told,
    by,
    ...(from !== undefined && { from }),
    about: about
      .filter((party) => party !== undefined)
      .filter(({ text }) => named.size < named.add(text).size),
  };
}

function personIn({ personId: id, personName }: ReadEntry): Party | undefined {
  return id === null ? undefined : { id, text: personName ?? id };
}

function actorIn({ actorId: id, actorName, actorKind }: ReadEntry): Party | undefined {
  if (id === null) return undefined;
  if (actorKind === 'agent') return { text: `agent ${actorName}` };
  return { id, text: actorKind === 'administrator' ? `administrator ${actorName}` : (actorName ?? id) };
}

/** An agent, a group or a key; else what an agent told of a request that a restore has lost. */
function thingIn({ activity, detail, agentName, groupName }: ReadEntry): Party | undefined {
  if (detail === null || activity === 'outcomeRecovered') return undefined;
  if (agentName !== null) return { text: `agent ${agentName}` };
  if (groupName !== null) return { text: `group ${groupName}` };
  return { text: activity === 'rollSigningKey' ? `key ${detail}` : detail };
}

/** `2026-11-21 11:22:33 UTC`: with seconds, because steps are compared with other logs. */
export function utcSecond(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
