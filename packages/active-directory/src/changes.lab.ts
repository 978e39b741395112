import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Directory } from './directory.ts';
import { reversePlan } from './plan-rights.ts';
import type { DirectoryChanges } from './read-changes.ts';
import { LabAdministrator, labForests, openLabDirectory } from './testing/lab-forest.ts';
import { restoreObject } from './testing/restore-object.ts';

const QUERY = { attributes: ['displayName', 'mail', 'userAccountControl'], groupAttributes: ['description'] };

describe.each(
  labForests()
    .slice(0, 2)
    .map((forest) => [forest.sambaVersion, forest] as const),
)('Samba %s', (_version, forest) => {
  let lab: LabAdministrator;
  let directory: Directory;
  let cookie: string | undefined;

  beforeEach(async () => {
    lab = await LabAdministrator.open(forest, 'Changes');
    directory = openLabDirectory(forest);
    cookie = undefined;
  });
  afterEach(async () => {
    directory.close();
    await lab.close();
  });

  /** Everything since the last call, as one page. */
  async function read(from: Directory = directory): Promise<DirectoryChanges> {
    const pages: DirectoryChanges[] = [];
    for await (const page of from.changes({ ...QUERY, cookieFor: () => cookie })) pages.push(page);
    const last = pages.at(-1);
    if (last === undefined) throw new Error('a reading without a page');
    cookie = last.cookie;
    return {
      ...last,
      people: pages.flatMap(({ people }) => people),
      groups: pages.flatMap(({ groups }) => groups),
      deleted: pages.flatMap(({ deleted }) => deleted),
      containers: pages.flatMap(({ containers }) => containers),
    };
  }

  test('the first reading shows everything, and the next one nothing', async () => {
    const person = await lab.person({ displayName: 'Una West', mail: 'una@example.com' });
    const all = await read();
    expect(all).toMatchObject({ isFull: true, namingContext: forest.baseDn, deleted: [] });
    expect(all.controller).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(all.people.length).toBeGreaterThan(forest.people.length);
    expect(all.people.find(({ objectGuid }) => objectGuid === person.objectGuid)).toEqual({
      objectGuid: person.objectGuid,
      dn: person.dn,
      attributes: { displayName: ['Una West'], mail: ['una@example.com'], userAccountControl: ['512'] },
    });
    expect(all.containers.map(({ dn }) => dn)).toContain(lab.ou);
    expect(await read()).toMatchObject({
      isFull: false,
      people: [],
      groups: [],
      deleted: [],
      containers: [],
    });
  });

  test('creation, change, rename, move and disabling come with the whole person', async () => {
    await read();
    const person = await lab.person({ displayName: 'Una West' });
    const mine = async () =>
      (await read()).people.filter(({ objectGuid }) => objectGuid === person.objectGuid);
    expect(await mine()).toMatchObject([{ dn: person.dn, attributes: { displayName: ['Una West'] } }]);
    await lab.replace(person.dn, { mail: 'una@example.com' });
    expect(await mine()).toMatchObject([
      { attributes: { displayName: ['Una West'], mail: ['una@example.com'] } },
    ]);
    const renamed = `CN=West\\, Una,${lab.ou}`;
    await lab.client.modifyDN(person.dn, renamed);
    expect(await mine()).toMatchObject([{ dn: renamed }]);
    const { ou } = await lab.organizationalUnit('Sales, North + "East"');
    const moved = `CN=West\\, Una,${ou}`;
    await lab.client.modifyDN(renamed, moved);
    const { people, containers } = await read();
    expect(people).toMatchObject([{ objectGuid: person.objectGuid, dn: moved }]);
    // Each under the name that the person shows, up to the domain.
    const above = [ou, lab.ou, forest.peopleOu];
    expect(containers.map(({ dn }) => dn)).toEqual(expect.arrayContaining(above));
    await lab.replace(moved, { userAccountControl: '514' });
    expect(await mine()).toMatchObject([{ attributes: { userAccountControl: ['514'] } }]);
  });

  test('a container that is renamed is told, and what lies in it is not', async () => {
    const { ou } = await lab.organizationalUnit('Before');
    await lab.person({}, { ou });
    const before = (await read()).containers.find(({ dn }) => dn === ou);
    const renamed = `OU=After,${lab.ou}`;
    await lab.client.modifyDN(ou, renamed);
    const changes = await read();
    expect(changes.containers).toContainEqual({ objectGuid: before?.objectGuid, dn: renamed });
    expect(changes.people).toEqual([]);
  });

  test('a deletion is told to whoever may see deleted objects, and a restored person to everybody', async () => {
    const administrator = openLabDirectory(forest, forest.administrator);
    lab.afterwards(async () => administrator.close());
    const person = await lab.person({ displayName: 'Una West' });
    await read(administrator);
    const cookieOfAgent = await (async () => {
      const kept = cookie;
      cookie = undefined;
      await read();
      const own = cookie;
      cookie = kept;
      return own;
    })();
    await lab.client.del(person.dn);
    expect((await read(administrator)).deleted).toEqual([person.objectGuid]);
    cookie = cookieOfAgent;
    expect((await read()).deleted).toEqual([]);
    const restored = `CN=Una,${lab.ou}`;
    await restoreObject(lab, person.objectGuid, restored);
    const changes = await read();
    expect(changes.deleted).toEqual([]);
    expect(changes.people).toMatchObject([{ objectGuid: person.objectGuid, dn: restored }]);
  });

  test('with the right to read deleted objects the agent’s own account is told of deletions', async () => {
    const administrator = openLabDirectory(forest, forest.administrator);
    const plan = await directory.planGrant(await directory.rights(), ['readDeletedObjects']);
    await administrator.applyRights(plan);
    lab.afterwards(async () => {
      await administrator.applyRights(reversePlan(plan));
      administrator.close();
    });
    const person = await lab.person();
    await read();
    await lab.client.del(person.dn);
    expect(await read()).toMatchObject({ isFull: false, people: [], deleted: [person.objectGuid] });
  });

  test('groups come with the GUIDs of all their members, also where these take several answers', async () => {
    const people = [
      await lab.person(),
      await lab.person(),
      await lab.person(),
      await lab.person(),
      await lab.person(),
    ];
    const inner = `CN=Inner ${Date.now()},${lab.ou}`;
    const outer = `CN=Outer ${Date.now()},${lab.ou}`;
    await lab.client.add(inner, { objectClass: 'group', sAMAccountName: `inner${Date.now()}` });
    const member = [...people.map(({ dn }) => dn), inner];
    await lab.client.add(outer, {
      objectClass: 'group',
      sAMAccountName: `outer${Date.now()}`,
      description: 'All',
      member,
    });
    const query = { attributes: ['description'], searchBases: [lab.ou] };
    const whole: unknown[] = [];
    for await (const page of directory.groups(query)) whole.push(...page);
    const inParts = [];
    for await (const page of directory.groups({ ...query, memberPageSize: 2 })) inParts.push(...page);
    expect(inParts.map((group) => ({ ...group, members: group.members.toSorted() }))).toEqual(
      (whole as typeof inParts).map((group) => ({ ...group, members: group.members.toSorted() })),
    );
    const innerGuid = inParts.find(({ dn }) => dn === inner)?.objectGuid;
    const found = inParts.find(({ dn }) => dn === outer);
    expect(found?.attributes).toEqual({ description: ['All'] });
    expect(found?.members.toSorted()).toEqual(
      [...people.map(({ objectGuid }) => objectGuid), innerGuid].toSorted(),
    );

    await read();
    await lab.replace(outer, { member: [inner] });
    expect((await read()).groups).toMatchObject([{ dn: outer, members: [innerGuid] }]);
  });

  test('a cookie that the controller refuses leads to a full reading', async () => {
    cookie = 'dirsync1:Z2FyYmFnZQ==';
    expect(await read()).toMatchObject({ isFull: true });
    cookie = 'another version: 17';
    expect(await read()).toMatchObject({ isFull: true });
    expect(await read()).toMatchObject({ isFull: false });
  });

  test('the controller’s own count tells the same where DirSync may not be used', async () => {
    const { searchEntries } = await lab.client.search('', {
      scope: 'base',
      attributes: ['highestCommittedUSN'],
    });
    cookie = `usn:${searchEntries[0]?.['highestCommittedUSN']}`;
    const person = await lab.person({ displayName: 'Una West' });
    const { ou } = await lab.organizationalUnit('Later');
    const changes = await read();
    expect(changes).toMatchObject({ isFull: false, people: [{ dn: person.dn }] });
    expect(changes.containers).toContainEqual({ objectGuid: expect.any(String), dn: ou });
    expect(await read()).toMatchObject({ isFull: false, people: [], containers: [] });
    cookie = 'usn:99999999999';
    expect(await read()).toMatchObject({ isFull: true });
  });
});
