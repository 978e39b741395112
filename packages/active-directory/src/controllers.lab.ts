import { Password } from '@homeward/protocol/password';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Directory } from './directory.ts';
import type { DirectorySettings } from './settings.ts';
import { LabAdministrator, type LabPerson, labForests, openLabDirectory } from './testing/lab-forest.ts';
import { startTcpProxy, type TcpProxy } from './testing/tcp-proxy.ts';

const [forest] = labForests();
if (!forest) throw new Error('the lab has no forest');
const DEAD = 'dc0.corp.example.com';
/** ms: what a controller that hangs costs, and what a busy one that does not may take. */
const GIVING_UP = { timeouts: { connect: 4_000, read: 4_000 } };

describe('connections to controllers', () => {
  let lab: LabAdministrator;
  let proxy: TcpProxy;
  const opened: Directory[] = [];
  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Controllers');
    proxy = await startTcpProxy({ host: forest.address, port: 636 });
  });
  afterEach(() => {
    proxy.mode = 'forward';
    for (const directory of opened.splice(0)) directory.close();
  });
  afterAll(async () => {
    await proxy?.stop();
    await lab?.close();
  });

  function open(more: Partial<DirectorySettings> = {}): Directory {
    const directory = openLabDirectory(forest as NonNullable<typeof forest>, forest?.agentAccount, {
      controllers: [forest?.hostName ?? ''],
      addresses: { [forest?.hostName ?? '']: proxy.address },
      ...more,
    });
    opened.push(directory);
    return directory;
  }
  const reset = (directory: Directory, person: LabPerson) =>
    directory.resetPassword(person, Password.of(`Fresh-${crypto.randomUUID()}`), {
      mustChange: false,
      unlockToo: true,
    });

  test('many requests share few connections', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => lab.person()));
    const directory = open({ poolSize: 2 });
    const before = proxy.connections;
    const outcomes = await Promise.all(people.map((person) => reset(directory, person)));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(people.map(() => 'applied'));
    expect(proxy.connections - before).toBe(2);
    await reset(directory, people[0] as LabPerson);
    expect(proxy.connections - before).toBe(2);
  });

  test('nothing connects before the first use, and nothing is left after the last', async () => {
    const before = proxy.connections;
    const directory = open();
    expect(proxy.connections).toBe(before);
    await directory.identity();
    directory.close();
    await expect.poll(() => proxy.open, { timeout: 30_000 }).toBe(0);
  });

  test('a controller that hangs is a definite no, and is used again as soon as it answers', async () => {
    const person = await lab.person();
    const directory = open(GIVING_UP);
    expect(await reset(directory, person)).toMatchObject({ kind: 'applied' });
    proxy.mode = 'mute';
    expect(await reset(directory, person)).toMatchObject({
      kind: 'directoryUnreachable',
      diagnosis: { reason: 'noAnswerInTime', controller: forest.hostName },
    });
    proxy.mode = 'forward';
    expect(await reset(directory, person)).toMatchObject({ kind: 'applied' });
  });

  test('connections whose way was dropped silently are given up together', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, () => lab.person()));
    const directory = open({ ...GIVING_UP, poolSize: 4 });
    await Promise.all(people.map((person) => reset(directory, person)));
    proxy.strand();
    const before = proxy.connections;
    expect(await reset(directory, people[0] as LabPerson)).toMatchObject({ kind: 'applied' });
    expect(proxy.connections - before).toBe(1);
  });

  test('a dead controller in the list is passed over, for reads and for writes', async () => {
    const person = await lab.person();
    const directory = open({
      controllers: [DEAD, forest.hostName],
      addresses: { [DEAD]: '127.0.0.1:9', [forest.hostName]: proxy.address },
    });
    expect(await directory.policy(person)).toMatchObject({ source: 'domain' });
    expect(await reset(directory, person)).toMatchObject({ kind: 'applied' });
  });

  test('a probe names controller, emulator and control', async () => {
    expect(await open().probe()).toMatchObject({
      reachable: true,
      controller: forest.hostName,
      pdcProven: true,
    });
  });

  test('people come whole, page by page, and a run that is left early leaves nothing behind', async () => {
    const directory = open();
    const seen = new Map<string, string>();
    const query = { searchBases: [forest.peopleOu], attributes: ['sAMAccountName', 'objectSid', 'mail'] };
    for await (const page of directory.people({ ...query, pageSize: 7 })) {
      expect(page.length).toBeLessThanOrEqual(7);
      for (const person of page) seen.set(person.objectGuid, person.attributes['sAMAccountName']?.[0] ?? '');
    }
    const inside = forest.people.filter((person) => person.dn.endsWith(forest.peopleOu));
    for (const person of inside) expect(seen.get(person.objectGuid)).toBe(person.userName);
    for await (const page of directory.people({ ...query, pageSize: 5 })) {
      expect(page[0]?.attributes['objectSid']?.[0]).toMatch(/^S-1-5-21-/);
      break;
    }
    directory.close();
    await expect.poll(() => proxy.open, { timeout: 30_000 }).toBe(0);
  });

  test('computers are no people', async () => {
    const computer = await lab.person({ objectClass: 'computer', userAccountControl: '4096' });
    const seen: string[] = [];
    for await (const page of open().people({ searchBases: [lab.ou], attributes: [] }))
      seen.push(...page.map((one) => one.objectGuid));
    expect(seen).not.toContain(computer.objectGuid);
  });
});
