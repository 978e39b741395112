import { ACTIVITIES, type Activity } from './audit-log.ts';

export type AuditTopic = 'resets' | 'administrators' | 'agents' | 'provisioning' | 'store';

const TOPIC_OF: Record<Activity, AuditTopic> = {
  addUser: 'provisioning',
  updateUser: 'provisioning',
  deleteUser: 'provisioning',
  addGroup: 'provisioning',
  updateGroup: 'provisioning',
  deleteGroup: 'provisioning',
  resetFlowProgress: 'resets',
  resetPassword: 'resets',
  resetBlocked: 'resets',
  outcomeRecovered: 'resets',
  addAdministrator: 'administrators',
  disableAdministrator: 'administrators',
  administratorSignIn: 'administrators',
  administratorBlocked: 'administrators',
  authorizeDevice: 'agents',
  registerAgent: 'agents',
  admitAgent: 'agents',
  revokeAgent: 'agents',
  rollAgentKeys: 'agents',
  agentCloned: 'agents',
  agentReinstated: 'agents',
  rollSigningKey: 'store',
  backUpStore: 'store',
  restoreStore: 'store',
};

export const TOPICS: readonly AuditTopic[] = ['resets', 'administrators', 'agents', 'provisioning', 'store'];

/** @param text names of activities and topics, separated by commas; undefined where one is neither */
export function activitiesOf(text: string): Activity[] | undefined {
  const found = new Set<Activity>();
  for (const name of text.split(',').map((part) => part.trim())) {
    const named = (Object.keys(ACTIVITIES) as Activity[]).filter(
      (activity) => activity === name || TOPIC_OF[activity] === name,
    );
    if (named.length === 0) return undefined;
    for (const activity of named) found.add(activity);
  }
  return [...found];
}
