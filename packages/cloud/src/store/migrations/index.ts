import type { Migration } from '../migrate.ts';
import { peopleAndReset } from './0001-people-and-reset.ts';
import { agents } from './0002-agents.ts';
import { flowPolicy } from './0003-flow-policy.ts';

/** Every migration of the cloud's store, oldest first. Append; never change one that was released. */
export const MIGRATIONS: readonly Migration[] = [peopleAndReset, agents, flowPolicy];
