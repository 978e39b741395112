/** What comes from agents, to whoever it is for, and what its link is worth after it. */
import type { FrameHeader } from '@homeward/protocol/frame';
import type { AgentLink } from '@homeward/relay';
import type { Dispatcher } from './dispatch.ts';
import { countingForgeries } from './forged-frames.ts';
import type { GenuineLinks } from './genuine-links.ts';
import { REPORTING, type StatusWatch } from './status-watch.ts';

export type FrameTakerDeps = {
  watch: Pick<StatusWatch, 'connected' | 'receive'>;
  dispatcher: Pick<Dispatcher, 'connected' | 'askAbout' | 'receive'>;
  links: GenuineLinks;
};

export type FrameTaker = {
  connected: (agentId: string, link: AgentLink) => void;
  receive: (header: FrameHeader, frame: Uint8Array, link: AgentLink) => Promise<void>;
};

export function frameTaker({ watch, dispatcher, links }: FrameTakerDeps): FrameTaker {
  async function takeReport(header: FrameHeader, frame: Uint8Array, link: AgentLink): Promise<void> {
    const was = await watch.receive(header, frame, (report) => links.judge(link, report));
    if (was === 'forged') link.noteForged();
    if (was !== 'taken') return;
    // Only now: a copy of the agent has no memory of what was granted, and would write it again.
    if (links.take(link)) await dispatcher.connected(header.agentId);
    else if (header.type === 'heartbeat') await dispatcher.askAbout(header.agentId);
  }

  return {
    connected(agentId, link) {
      links.arrived(link);
      watch.connected(agentId);
    },
    receive: (header, frame, link) =>
      REPORTING.has(header.type)
        ? takeReport(header, frame, link)
        : countingForgeries(link, dispatcher.receive(header, frame)),
  };
}
