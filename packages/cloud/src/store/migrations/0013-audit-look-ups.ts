import type { Migration } from '../migrate.ts';

/**
 * For reading the audit log by reset, person, administrator and activity. None begins with the
 * tenant: the planner preferred such a one to all others, and walked through all people that were ever provisioned.
 */
export const auditLookUps: Migration = {
  id: '0013-audit-look-ups',
  statements: [
    'drop index audit_by_time',
    'create index audit_by_time on audit (at, id)',
    'drop index audit_by_flow',
    'create index audit_by_flow on audit (flow_id, at) where flow_id is not null',
    'create index audit_by_person on audit (person_id, at) where person_id is not null',
    'create index audit_by_actor on audit (actor_id, at) where actor_id is not null and person_id is null',
    'create index audit_by_activity on audit (activity, tenant_id, at)',
  ],
};
