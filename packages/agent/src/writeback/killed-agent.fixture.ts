/** The writeback of an agent in a process of its own, so that it can be killed; frames go over the parent's pipe. */
import { openDirectory } from '@homeward/active-directory';
import { Secret } from '@homeward/protocol/secret';
import { loadKeys } from '../keys/key-store.ts';
import { openJournal } from './journal.ts';
import { openWriteback } from './writeback.ts';

/** The parent's first message. */
export type KilledAgentSettings = {
  stateFolder: string;
  tenantId: string;
  agentId: string;
  forest: string;
  /** cloudAnchor → objectGUID */
  people: Record<string, string>;
  directory: {
    domain: string;
    dnsServers: string[];
    ca: string;
    userPrincipalName: string;
    password: string;
  };
  marker: string | false;
  /** ms */
  writeLimit: number;
};

export type FromAgent = 'ready' | { frame: string } | { log: string };

const tell = (message: FromAgent) => void process.send?.(message);

async function run(settings: KilledAgentSettings): Promise<(frame: string) => void> {
  const { stateFolder, tenantId, agentId, forest, people, marker } = settings;
  const { userPrincipalName, password, ...place } = settings.directory;
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const note = (fields: object, message: string) => tell({ log: `${message} ${JSON.stringify(fields)}` });
  const log = { debug: note, info: note, warn: note, error: note };
  const account = { userPrincipalName, password: new Secret(password) };
  const timeouts = { write: settings.writeLimit };
  const directory = openDirectory({ ...place, account, marker, timeouts }, { clock, log });
  const forests = new Map([[forest, { directory, requirePolicyHints: false }]]);
  const writeback = openWriteback({
    ...{ tenantId, agentId, forests, clock, log, version: '0.0.0' },
    keys: await loadKeys(stateFolder),
    journal: openJournal(stateFolder, clock.now),
    locate: (cloudAnchor) => ({ kind: 'found', forest, objectGuid: people[cloudAnchor] ?? '' }),
    directoryOf: (sid) => forests.get(sid)?.directory,
    countPeople: () => 0,
    send(frame) {
      tell({ frame: Buffer.from(frame).toString('base64') });
      return true;
    },
  });
  writeback.start();
  tell('ready');
  return (frame) => void writeback.serve(new Uint8Array(Buffer.from(frame, 'base64')));
}

process.once('message', (settings) => {
  const serving = run(settings as KilledAgentSettings);
  process.on('message', (frame) => void serving.then((serve) => serve(frame as string)));
});
process.once('disconnect', () => process.exit(0));
