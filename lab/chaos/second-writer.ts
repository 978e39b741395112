/**
 * An administrator who works on the same people meanwhile: resets, changes, unlocks, and has them change at next
 * logon or not. Without one, a version that moved would always be ours, and evidence would prove nothing.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Attribute, Change, type Client } from 'ldapts';
import type { RandomSource } from '../../tools/fuzz/random-source.ts';
import { ldapsClient } from '../forest/ldaps-connection.ts';
import type { LabForest, LabPerson } from '../lab-file.ts';

export type SecondWriter = {
  /** every password that it tried to write, and when (Unix ms): some of these writes had no answer */
  tried: readonly { person: string; password: string; at: number }[];
  counts: Record<Deed, number>;
  stop: () => Promise<void>;
};

const DEEDS = ['reset', 'change', 'unlock', 'mustChange', 'mustNotChange'] as const;
type Deed = (typeof DEEDS)[number];
/** It is one person, and shall not wear the directory out. */
const PAUSE_MS = 120;

export function startSecondWriter(forest: LabForest, random: RandomSource): SecondWriter {
  const tried: SecondWriter['tried'][number][] = [];
  const counts = Object.fromEntries(DEEDS.map((deed) => [deed, 0])) as Record<Deed, number>;
  const last = new Map<string, string>();
  let stopping = false;
  let client: Client | undefined;

  const perform = async (person: LabPerson, deed: Deed): Promise<void> => {
    client ??= await bound(forest);
    const dn = `<GUID=${person.objectGuid}>`;
    const next = `Second-${randomUUID()}`;
    if (deed === 'reset' || deed === 'change')
      tried.push({ person: person.userName, password: next, at: Date.now() });
    const current = last.get(person.userName);
    switch (deed) {
      case 'reset':
        await client.modify(dn, replace('unicodePwd', quoted(next)));
        last.set(person.userName, next);
        break;
      case 'change':
        // Refused where ours came in between, as it should be.
        await client.modify(dn, [
          new Change({ operation: 'delete', modification: attribute('unicodePwd', quoted(current ?? next)) }),
          new Change({ operation: 'add', modification: attribute('unicodePwd', quoted(next)) }),
        ]);
        last.set(person.userName, next);
        break;
      case 'unlock':
        await client.modify(dn, replace('lockoutTime', Buffer.from('0')));
        break;
      default:
        await client.modify(dn, replace('pwdLastSet', Buffer.from(deed === 'mustChange' ? '0' : '-1')));
    }
    counts[deed]++;
  };

  const work = async (): Promise<void> => {
    while (!stopping) {
      const person = random.pick(forest.people);
      const deed = random.pick([
        'reset',
        'reset',
        'change',
        'change',
        'unlock',
        'mustChange',
        'mustNotChange',
      ] as const);
      try {
        await perform(person, deed);
      } catch {
        // A refusal, or a controller that is away: a new connection is made for the next one.
        await client?.unbind().catch(() => {});
        client = undefined;
      }
      await sleep(PAUSE_MS);
    }
    await client?.unbind().catch(() => {});
  };
  const working = work();
  return {
    tried,
    counts,
    async stop() {
      stopping = true;
      await working;
    },
  };
}

async function bound(forest: LabForest): Promise<Client> {
  const client = await ldapsClient(forest, 2_000);
  await client.bind(forest.administrator.userPrincipalName, forest.administrator.password);
  return client;
}

function quoted(password: string): Buffer {
  return Buffer.from(`"${password}"`, 'utf16le');
}

function attribute(type: string, value: Buffer): Attribute {
  return new Attribute({ type, values: [value] });
}

function replace(type: string, value: Buffer): Change {
  return new Change({ operation: 'replace', modification: attribute(type, value) });
}
