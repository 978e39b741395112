import { dirname } from 'node:path';
import { sidToBytes } from '@homeward/active-directory/sid';
import { restoreObject } from '@homeward/active-directory/testing/restore-object';
import { anchorOfGuid, type Matching } from '@homeward/sync';
import { Attribute, Change } from 'ldapts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { mergerForest, resourcesForest } from '../forest/lab-forests.ts';
import { takeLabDown } from '../forest/take-lab-down.ts';
import type { Lab, LabForest } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';
import {
  type Company,
  closeSite,
  expectResetToLand,
  openCompany,
  openSite,
  type Site,
} from './forests/sites.ts';

const say = (line: string) => console.log(`lab: ${line}`);
let running: Lab;
let started: string[];
let corp: Site;
let merger: Site;
let resources: Site;
const opened: Company[] = [];

beforeAll(async () => {
  const brought = await bringLabUp(dirname(ownLabFile()), say, [mergerForest, resourcesForest]);
  running = brought.lab;
  started = brought.started;
});
afterAll(async () => {
  if (started?.length > 0) await takeLabDown(running.folder, say, started);
});
beforeEach(async () => {
  [corp, merger, resources] = await Promise.all([
    openSite(forestNamed('corp')),
    openSite(forestNamed('merger')),
    openSite(forestNamed('resources')),
  ]);
});
afterEach(async () => {
  for (const company of opened.splice(0)) await company.close();
  for (const site of [corp, merger, resources]) if (site) await closeSite(site);
});

function forestNamed(name: string): LabForest {
  const found = running.forests.find((forest) => forest.name === name);
  if (found === undefined) throw new Error(`the lab has no forest ${name}`);
  return found;
}

async function company(sites: readonly Site[], matching: Matching = { by: 'identity' }): Promise<Company> {
  const made = await openCompany(sites, matching);
  opened.push(made);
  return made;
}

test('a life in one forest: each change comes with the next delta, and a reset follows it', async () => {
  const it = await company([corp, merger]);
  const { lab } = corp;
  await lab.person();
  const { ou: sales } = await lab.organizationalUnit('Sales, North + "East"');
  await it.cycle();

  const person = await lab.person({ displayName: 'Before, "Quoted"', mail: 'before@example.com' });
  expect(await it.cycle()).toMatchObject([{ mode: 'delta', exported: { created: 1 } }, { mode: 'delta' }]);
  const cloudAnchor = it.cloudAnchorOf(person);
  await expectResetToLand(it, cloudAnchor, corp, person);

  const dn = `CN=After\\, Renamed,${lab.ou}`;
  await lab.client.modifyDN(person.dn, dn);
  await lab.replace(dn, { displayName: 'After' });
  await it.cycle();
  expect(it.server.people.get(cloudAnchor)).toMatchObject({ displayName: 'After' });
  await expectResetToLand(it, cloudAnchor, corp, person);

  const moved = `CN=After\\, Renamed,${sales}`;
  await lab.client.modifyDN(dn, moved);
  expect(await it.cycle()).toMatchObject([{ changed: 1 }, {}]);
  await lab.client.modifyDN(sales, `OU=Sales South,${lab.ou}`);
  expect(await it.cycle()).toMatchObject([{ seen: 0, moved: 1 }, {}]);
  await expectResetToLand(it, cloudAnchor, corp, person);

  const now = `CN=After\\, Renamed,OU=Sales South,${lab.ou}`;
  await lab.replace(now, { userAccountControl: '514' });
  await it.cycle();
  expect(it.server.people.get(cloudAnchor)).toMatchObject({ active: false });
  expect(it.locate(cloudAnchor)).toMatchObject({ kind: 'disabled' });
  await lab.replace(now, { userAccountControl: '512' });
  await it.cycle();
  await expectResetToLand(it, cloudAnchor, corp, person);

  await lab.client.del(now);
  await it.cycle();
  expect(it.server.people.has(cloudAnchor), 'the agent’s account sees no deletions').toBe(true);
  expect(await it.cycle({ full: true })).toMatchObject([{ mode: 'full', deleted: 1 }, {}]);
  expect(it.server.people.has(cloudAnchor)).toBe(false);
  expect(it.locate(cloudAnchor)).toMatchObject({ kind: 'notFound' });

  const restored = `CN=Restored,${lab.ou}`;
  await restoreObject(lab, person.objectGuid, restored);
  await it.cycle();
  const [[again = '', shown] = []] = [...it.server.people].filter(
    ([, { externalId }]) => externalId === anchorOfGuid(person.objectGuid),
  );
  expect(again).not.toBe(cloudAnchor);
  expect(shown).toMatchObject({ userName: `${person.userName}@${corp.forest.domain}` });
  expect(shown).not.toHaveProperty('emails');
  await expectResetToLand(it, again, corp, person);
});

test('moved out of the containers that are synchronised, a person leaves; moved in, they come back', async () => {
  const it = await company([corp]);
  const { lab, forest } = corp;
  await lab.person();
  const person = await lab.person();
  await it.cycle();
  const cloudAnchor = it.cloudAnchorOf(person);
  const outside = `CN=${person.userName},${forest.peopleOu}`;
  await lab.client.modifyDN(person.dn, outside);
  await it.cycle();
  expect(it.server.people.has(cloudAnchor)).toBe(false);
  expect(it.locate(cloudAnchor)).toMatchObject({ kind: 'notFound' });
  await lab.client.modifyDN(outside, person.dn);
  await it.cycle();
  await expectResetToLand(it, it.cloudAnchorOf(person), corp, person);
});

test('one person in three forests, joined by mail: the enabled account takes the password', async () => {
  const it = await company([corp, merger, resources], { by: 'mail' });
  const mail = `${crypto.randomUUID()}@example.com`;
  const [first, second, third] = [
    await corp.lab.person({ mail }),
    await merger.lab.person({ mail: mail.toUpperCase() }),
    await resources.lab.person({ mail }),
  ];
  await corp.lab.replace(first.dn, { userAccountControl: '514' });
  await resources.lab.replace(third.dn, { userAccountControl: '514' });
  await it.cycle();
  expect(it.server.people.size).toBe(1);
  const cloudAnchor = it.cloudAnchorOf(second);
  await expectResetToLand(it, cloudAnchor, merger, second);

  // Two that are enabled: nobody can tell which one is meant.
  await resources.lab.replace(third.dn, { userAccountControl: '512' });
  await it.cycle();
  expect(it.locate(cloudAnchor)).toMatchObject({ kind: 'ambiguous' });

  // Un-joined, each is a person, and the one who was first keeps the cloudAnchor.
  await resources.lab.replace(third.dn, { mail: `other-${mail}` });
  await it.cycle();
  expect(it.server.people.size).toBe(2);
  await expectResetToLand(it, cloudAnchor, merger, second);
  await expectResetToLand(it, it.cloudAnchorOf(third), resources, third);

  // Two of one forest with the same mail: not told apart, so not provisioned; and nobody who is there is harmed.
  const shared = `${crypto.randomUUID()}@example.com`;
  await merger.lab.person({ mail: shared });
  await merger.lab.person({ mail: shared });
  await it.cycle();
  expect(it.server.people.size).toBe(2);
  await expectResetToLand(it, cloudAnchor, merger, second);
});

test('a mailbox in the resource forest belongs to the account whose SID it names', async () => {
  const it = await company([corp, resources], { by: 'masterAccountSid' });
  const account = await corp.lab.person();
  const sid = await corp.lab.sidOf(account);
  const mailbox = await resources.lab.person({ mail: 'una@example.com', displayName: 'Una West' });
  await resources.lab.replace(mailbox.dn, { userAccountControl: '514' });
  const values = [Buffer.from(sidToBytes(sid))];
  const modification = new Attribute({ type: 'msExchMasterAccountSid', values });
  await resources.lab.client.modify(mailbox.dn, [new Change({ operation: 'replace', modification })]);
  await it.cycle();
  expect(it.server.people.size).toBe(1);
  const cloudAnchor = it.cloudAnchorOf(account);
  expect(it.server.people.get(cloudAnchor)).toMatchObject({ emails: [{ value: 'una@example.com' }] });
  await expectResetToLand(it, cloudAnchor, corp, account);
});

test('a mailbox belongs to the account that has its alias as account name', async () => {
  const it = await company([corp, resources], { by: 'mailNickname' });
  const account = await corp.lab.person();
  const mailbox = await resources.lab.person({ mailNickname: account.userName.toUpperCase() });
  await resources.lab.replace(mailbox.dn, { userAccountControl: '514' });
  await it.cycle();
  expect(it.server.people.size).toBe(1);
  await expectResetToLand(it, it.cloudAnchorOf(account), corp, account);
});

test('groups follow their members, nested ones too, and lose whoever leaves', async () => {
  const it = await company([corp]);
  const { lab } = corp;
  const [una, duo] = [await lab.person(), await lab.person()];
  const [inner, outer] = [`CN=Inner,${lab.ou}`, `CN=Outer,${lab.ou}`];
  const account = `g${Date.now().toString(36)}`;
  await lab.client.add(inner, { objectClass: 'group', sAMAccountName: `${account}i`, member: una.dn });
  await lab.client.add(outer, {
    objectClass: 'group',
    sAMAccountName: `${account}o`,
    member: [inner, duo.dn],
  });
  await it.cycle();
  const membersOf = (name: string) =>
    [...it.server.groups.values()]
      .filter(({ displayName }) => displayName === name)
      .flatMap(({ members }) => (members as { value: string }[]).map(({ value }) => value))
      .toSorted();
  const idOf = (name: string) =>
    [...it.server.groups].find(([, group]) => group['displayName'] === name)?.[0] ?? '';
  expect(membersOf('Inner')).toEqual([it.cloudAnchorOf(una)]);
  expect(membersOf('Outer')).toEqual([idOf('Inner'), it.cloudAnchorOf(duo)].toSorted());
  await lab.replace(outer, { member: [inner] });
  await it.cycle();
  expect(membersOf('Outer')).toEqual([idOf('Inner')]);
});
