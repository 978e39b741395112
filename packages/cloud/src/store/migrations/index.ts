import type { Migration } from '../migrate.ts';
import { peopleAndReset } from './0001-people-and-reset.ts';
import { agents } from './0002-agents.ts';
import { flowPolicy } from './0003-flow-policy.ts';
import { requests } from './0004-requests.ts';
import { administrators } from './0005-administrators.ts';
import { keyGenerations } from './0006-key-generations.ts';
import { agentReports } from './0007-agent-reports.ts';
import { agentEvents } from './0008-agent-events.ts';
import { groups } from './0009-groups.ts';
import { epoch } from './0010-epoch.ts';
import { agentNews } from './0011-agent-news.ts';
import { addressChanges } from './0012-address-changes.ts';
import { auditLookUps } from './0013-audit-look-ups.ts';

/** Every migration of the cloud's store, oldest first. Append; never change one that was released. */
export const MIGRATIONS: readonly Migration[] = [
  peopleAndReset,
  agents,
  flowPolicy,
  requests,
  administrators,
  keyGenerations,
  agentReports,
  agentEvents,
  groups,
  epoch,
  agentNews,
  addressChanges,
  auditLookUps,
];
