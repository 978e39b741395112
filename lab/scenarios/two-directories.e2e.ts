import { readFile, readlink } from 'node:fs/promises';
import type { Client } from 'ldapts';
import { describe, expect, test } from 'vitest';
import type { ForestDescription } from '../forest/forest-description.ts';
import { forestPlace } from '../forest/forest-place.ts';
import { LAB_FORESTS } from '../forest/lab-forests.ts';
import { ldapsClient } from '../forest/ldaps-connection.ts';
import { sambaProcesses } from '../forest/samba-processes.ts';
import { type LabAccount, type LabForest, readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';

const POLICY_HINTS = ['1.2.840.113556.1.4.2239', '1.2.840.113556.1.4.2066'];
const lab = await readLab(ownLabFile());

async function as<T>(
  forest: LabForest,
  account: LabAccount,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await ldapsClient(forest);
  try {
    await client.bind(account.userPrincipalName, account.password);
    return await use(client);
  } finally {
    await client.unbind();
  }
}

async function read(client: Client, dn: string, attributes: string[]) {
  const { searchEntries } = await client.search(dn, { scope: 'base', attributes });
  return searchEntries[0];
}

test('the lab has both directories, the one of the demo first', () => {
  expect(lab.forests.map(({ name }) => name)).toEqual(['corp', 'hints']);
});

describe.each(LAB_FORESTS)('$name', (description: ForestDescription) => {
  const forest = lab.forests.find(({ name }) => name === description.name) as LabForest;

  test('offers policy hints where its Samba is forky’s, and only there', async () => {
    const root = await as(forest, forest.agentAccount, (client) => read(client, '', ['supportedControl']));
    const offered = [root?.['supportedControl']].flat().map(String);
    expect(POLICY_HINTS.filter((oid) => offered.includes(oid))).toEqual(
      description.samba === 'forky' ? POLICY_HINTS : [],
    );
  });

  test('has the domain policy of its description', async () => {
    const head = await as(forest, forest.agentAccount, (client) =>
      read(client, forest.baseDn, ['minPwdLength', 'pwdHistoryLength', 'minPwdAge', 'lockoutThreshold']),
    );
    const { minimumLength, historyLength, minimumAgeDays, lockoutThreshold } = description.passwordPolicy;
    expect(head).toMatchObject({
      minPwdLength: String(minimumLength),
      pwdHistoryLength: String(historyLength),
      minPwdAge: String(-minimumAgeDays * 864_000_000_000),
      lockoutThreshold: String(lockoutThreshold),
    });
  });

  test('has a PSO for the members of a group, which the agent account may not read', async () => {
    const [settings] = description.passwordSettings;
    const members = description.people.filter(({ memberOf }) =>
      memberOf.some((group) => settings?.appliesTo.includes(group)),
    );
    expect(members.length).toBeGreaterThan(0);
    for (const { userName } of members) {
      const { dn = '' } = forest.people.find((person) => person.userName === userName) ?? {};
      const person = await as(forest, forest.agentAccount, (client) =>
        read(client, dn, ['msDS-ResultantPSO']),
      );
      const pso = String(person?.['msDS-ResultantPSO']);
      expect(pso).toBe(`CN=${settings?.name},CN=Password Settings Container,CN=System,${forest.baseDn}`);
      const length = (account: LabAccount) =>
        as(forest, account, (client) => read(client, pso, ['msDS-MinimumPasswordLength'])).then(
          (entry) => entry?.['msDS-MinimumPasswordLength'],
        );
      expect(await length(forest.administrator)).toBe(String(settings?.minimumLength));
      expect(await length(forest.agentAccount)).toEqual([]);
    }
  });

  test('runs where the machine’s other programs see nothing of it', async () => {
    const processes = sambaProcesses(forestPlace(lab.folder, description.name).folder);
    expect(processes.length).toBeGreaterThan(0);
    const ours = await readlink('/proc/self/ns/mnt');
    let looked = 0;
    for (const pid of processes) {
      const theirs = await readlink(`/proc/${pid}/ns/mnt`).catch(() => undefined);
      // Ended since it was listed, as those that served one connection do.
      if (theirs === undefined) continue;
      looked++;
      if (description.samba === 'forky') expect(theirs).not.toBe(ours);
      else expect(theirs).toBe(ours);
    }
    expect(looked).toBeGreaterThan(0);
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain('samba-forky');
  });
});
