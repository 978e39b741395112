/** The running agent: its links to the relay, the writeback, and the synchronising thread. */
import { openDirectory } from '@homeward/active-directory';
import type { EnrolledForest } from '@homeward/protocol/enrolment';
import { EVENTS } from '@homeward/protocol/event';
import type { AgentConfig, ForestConfig } from './config.ts';
import { type Enrolment, readEnrolment } from './enrol/enrolment.ts';
import { watchEnrolment } from './enrol/watch-enrolment.ts';
import { AgentError } from './errors.ts';
import { startMirror } from './events/mirror-events.ts';
import { loadKeys } from './keys/key-store.ts';
import { cachedCredential } from './link/credential-source.ts';
import type { PairState } from './link/link-pair.ts';
import { openLinks } from './link/open-links.ts';
import type { AgentLog } from './log.ts';
import type { CloudNetwork } from './network/cloud-network.ts';
import { provenRequests } from './network/proven-requests.ts';
import { KeyRollover } from './rollover/key-rollover.ts';
import { openRules } from './rules/open-rules.ts';
import { resolveNames } from './rules/resolve-names.ts';
import { openSyncFacts } from './status/read-sync-facts.ts';
import { openLinkReader, openSyncStore } from './sync/open-sync-store.ts';
import { startSyncThread } from './sync/start-sync-thread.ts';
import { type SyncOrder, syncOrderOf } from './sync/sync-work.ts';
import { AGENT_VERSION } from './version.ts';
import { openJournal } from './writeback/journal.ts';
import { locateUser } from './writeback/locate-user.ts';
import { openWriteback } from './writeback/writeback.ts';

export type AgentDeps = {
  clock: { now: () => number; monotonic: () => number };
  random: () => number;
  /** the ways to the cloud, through a proxy where there is one */
  fetch: typeof globalThis.fetch;
  socketAgent?: CloudNetwork['socketAgent'];
  log: AgentLog;
};

export type RunningAgent = {
  linkState: () => PairState;
  syncNow: () => Promise<void>;
  /** reads its own rules anew at once; what comes of it is in the log */
  rereadRules: () => void;
  /** settles when this machine's enrolment was ended while the agent ran: there is nothing left to run for */
  disabled: Promise<void>;
  stop: () => Promise<void>;
};

/** @throws {AgentError} ERR_NOT_ENROLLED, ERR_KEYS_MISSING, ERR_ALREADY_RUNNING */
export async function startAgent(config: AgentConfig, deps: AgentDeps): Promise<RunningAgent> {
  const { clock, log, fetch } = deps;
  const enrolment = readEnrolment(config.stateFolder);
  if (enrolment === undefined) {
    throw new AgentError(
      'ERR_NOT_ENROLLED',
      `no enrolment in ${config.stateFolder}; first run: homeward-agent writeback enable --cloud <address>`,
    );
  }
  const keys = await loadKeys(config.stateFolder);
  const journal = openJournal(config.stateFolder, clock.now);
  const order = syncOrder(config, enrolment);
  // Made, or brought to this version's schema, before anybody reads it.
  openSyncStore(config.stateFolder).close();
  const people = openLinkReader(config.stateFolder);
  const forests = new Map(
    config.forests.map((forest) => [
      enrolledAs(enrolment, forest).sid,
      { directory: openDirectory(settingsOf(forest), deps), requirePolicyHints: forest.requirePolicyHints },
    ]),
  );
  const rules = openRules({
    ...{ rules: config.rules, file: config.rulesFile, stateFolder: config.stateFolder, clock, log },
    forests: config.forests.map((forest) => ({
      ...enrolledAs(enrolment, forest),
      resolve: (names) => resolveNames(settingsOf(forest), deps, names),
    })),
  });
  const writeback = openWriteback({
    tenantId: enrolment.tenantId,
    agentId: enrolment.agentId,
    version: AGENT_VERSION,
    ...{ keys, journal, forests, rules, clock, log },
    locate: (cloudAnchor) => people.snapshot(() => locateUser(people, cloudAnchor)),
    directoryOf: (forest) => forests.get(forest)?.directory,
    countPeople: () => countPeople(config.stateFolder, [...forests.keys()]),
    send: (frame) => links.send(frame),
  });
  const asking = { enrolment, keys, fetch, now: clock.now };
  const scim = provenRequests(cachedCredential(asking, 'scim'), asking);
  const cloud = { url: enrolment.cloudUrl, ...scim, fetch };
  const sync = startSyncThread({ order, cloud, log });
  const links = openLinks({
    ...{ ...deps, config, enrolment, keys },
    serve: (...received) => sync.ahead(() => writeback.serve(...received)),
    onReady() {
      writeback.onReady();
      rollover.start();
    },
  });
  const mirror = startMirror({
    ...{ stateFolder: config.stateFolder, cloudUrl: enrolment.cloudUrl, fetch, log, random: deps.random },
    credential: provenRequests(cachedCredential(asking, 'events'), asking),
  });
  const rollover = new KeyRollover({
    ...{ stateFolder: config.stateFolder, enrolment, keys, fetch, clock, log },
    lifetime: config.keyLifetimeDays * 86_400_000,
  });
  writeback.start();
  links.start();
  // One that waited to be admitted when it was enrolled begins with its first link: until then the cloud takes no word
  // about keys from it, and each refusal would be an event.
  if (enrolment.status !== 'pending') rollover.start();
  const { promise: disabled, resolve: onEnded } = Promise.withResolvers<void>();
  const stopLooking = watchEnrolment({ stateFolder: config.stateFolder, enrolment, log, onEnded });
  log.info(
    { event: EVENTS.serviceStarted, agentId: enrolment.agentId, cloud: enrolment.cloudUrl },
    'the agent is running',
  );
  return {
    linkState: () => links.state,
    async syncNow() {
      await sync.runNow();
    },
    rereadRules: rules.reread,
    disabled,
    async stop() {
      stopLooking();
      const syncStopped = sync.stop();
      await writeback.stop();
      links.stop();
      await rollover.stop();
      await mirror.stop();
      await syncStopped;
      for (const { directory } of forests.values()) directory.close();
      people.close();
      rules.close();
      journal.close();
      log.info({ event: EVENTS.serviceStopped }, 'the agent has stopped');
    },
  };
}

export function settingsOf({
  domain,
  dnsServers,
  controllers,
  addresses,
  ca,
  account,
  ...rest
}: ForestConfig) {
  return {
    domain,
    account,
    ...(dnsServers && { dnsServers }),
    ...(controllers && { controllers }),
    ...(addresses && { addresses }),
    ...(ca !== undefined && { ca }),
    requirePolicyHints: rest.requirePolicyHints,
    otherWritableController: rest.otherWritableController,
    ...(rest.marker !== undefined && { marker: rest.marker }),
  };
}

function countPeople(stateFolder: string, forests: readonly string[]): number {
  const facts = openSyncFacts(stateFolder);
  try {
    return forests.reduce((sum, sid) => sum + (facts?.forest(sid).people ?? 0), 0);
  } finally {
    facts?.close();
  }
}

function enrolledAs(enrolment: Enrolment, { domain }: ForestConfig): EnrolledForest {
  const enrolled = enrolment.forests.find((forest) => forest.domain === domain);
  if (enrolled !== undefined) return enrolled;
  throw new AgentError(
    'ERR_CONFIG_INVALID',
    `forests: ${domain} was not enrolled; enrol this agent again to serve it`,
  );
}

/** What this agent's synchronisation is told. @throws {AgentError} ERR_CONFIG_INVALID */
export function syncOrder(config: AgentConfig, enrolment: Enrolment): SyncOrder {
  return syncOrderOf({
    stateFolder: config.stateFolder,
    cloudUrl: enrolment.cloudUrl,
    settings: config.sync,
    forests: config.forests.map((forest) => ({
      enrolled: enrolledAs(enrolment, forest),
      include: forest.searchBases,
      directory: settingsOf(forest),
    })),
  });
}
