/** What administrators do about agents: see them, approve, refuse, admit and revoke them. */
import { type AdmitDeps, type Approval, admitByAdministrator } from './admit-agent.ts';
import { type KnownAgent, type ListDeps, listAgents } from './agent-list.ts';
import { type ApprovedMachine, approvedMachines } from './approved-machines.ts';
import {
  type AskingMachine,
  countWrongEntry,
  type DecideDeps,
  decide,
  findByUserCode,
  findMachine,
  purgeDeviceAuthorizations,
} from './decide-device.ts';
import { type RevokeDeps, revokeAgent } from './revoke-agent.ts';

export type Onboarding = {
  agents(): Promise<KnownAgent[]>;
  /** machines that were approved and have not come for their enrolment */
  approved(): Promise<ApprovedMachine[]>;
  /** @returns false where it was revoked before */
  revoke(agentId: string, by?: string): Promise<boolean>;
  /** one administrator's word for an agent that waits */
  admit(agentId: string, administratorId: string): Promise<Approval>;
  /** the request that waits under this code, by its id */
  findByUserCode(userCode: string): Promise<string | undefined>;
  machine(id: string): Promise<AskingMachine | undefined>;
  decide(id: string, decision: 'approved' | 'denied', administratorId: string): Promise<boolean>;
  /** @returns true where the request is void now */
  countWrongEntry(id: string): Promise<boolean>;
  purge(): Promise<void>;
};

export function onboardingOf(deps: ListDeps & DecideDeps & RevokeDeps & AdmitDeps): Onboarding {
  return {
    agents: () => listAgents(deps),
    approved: () => approvedMachines(deps),
    revoke: (agentId, by) => revokeAgent(deps, agentId, by),
    admit: (agentId, administratorId) => admitByAdministrator(deps, agentId, administratorId),
    findByUserCode: (userCode) => findByUserCode(deps, userCode),
    machine: (id) => findMachine(deps, id),
    decide: (id, decision, administratorId) => decide(deps, id, decision, administratorId),
    countWrongEntry: (id) => countWrongEntry(deps, id),
    purge: () => purgeDeviceAuthorizations(deps),
  };
}
