import type { FrameHeader } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { pack } from '@homeward/protocol/package';
import { type AgentReport, encodeReport } from '@homeward/protocol/report';
import { type Keys, packageKeyFrom } from './scripted-keys.fixture.ts';

/** Where a report is from, and when. */
export type Reporting = {
  agentId: string;
  tenantId: string;
  keys: Keys;
  /** Unix ms */
  now: number;
  /** SID of its forest */
  forest: string;
};

/** A heartbeat of an agent that is well, or what `changes` and `header` make of it. */
export async function reportFrame(
  { agentId, tenantId, keys, now, forest }: Reporting,
  changes: Partial<AgentReport> = {},
  header: Partial<FrameHeader> = {},
): Promise<Uint8Array> {
  const told: AgentReport = {
    ...{ version: '0.1.0', session: 1, instance: agentId, clock: now, generation: 1, breakerOpen: false },
    ...{ forests: { [forest]: 'up' }, counts: { served: 0, applied: 0, unsettled: 0, people: 1 } },
    ...changes,
  };
  const own = { type: 'heartbeat' as const, agentId, requestId: newId(), expires: now + 60_000, ...header };
  return pack({ header: own, body: encodeReport(told) }, tenantId, await packageKeyFrom(keys));
}
