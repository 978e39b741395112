import { Attribute, Change } from 'ldapts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Directory } from './directory.ts';
import { LabAdministrator, labForests, openLabDirectory } from './testing/lab-forest.ts';

describe.each(labForests())('protected members at Samba $sambaVersion', (forest) => {
  let lab: LabAdministrator;
  let directory: Directory;
  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Protected members');
    directory = openLabDirectory(forest);
  });
  afterAll(async () => {
    directory?.close();
    await lab?.close();
  });

  test('are those of whom a reset is refused, through other groups too, and nobody else', async () => {
    const { objectGuids, primaryGroupIds } = await directory.protectedMembers();
    for (const { kind, objectGuid, userName } of forest.people)
      expect(objectGuids.has(objectGuid), userName).toBe(/protected$/i.test(kind));
    expect(primaryGroupIds).toContain(512);
    expect(primaryGroupIds).not.toContain(513);
  });

  test('are found behind groups that hold each other', async () => {
    const person = await lab.person();
    const [outer, inner] = [`CN=Outer,${lab.ou}`, `CN=Inner,${lab.ou}`];
    await lab.client.add(outer, { objectClass: 'group', sAMAccountName: `outer${Date.now()}` });
    await lab.client.add(inner, {
      objectClass: 'group',
      sAMAccountName: `inner${Date.now()}`,
      member: [outer, person.dn],
    });
    const add = (group: string, member: string) =>
      lab.client.modify(group, [
        new Change({ operation: 'add', modification: new Attribute({ type: 'member', values: [member] }) }),
      ]);
    await add(outer, inner);
    expect((await directory.protectedMembers()).objectGuids).not.toContain(person.objectGuid);
    await add(`CN=Print Operators,CN=Builtin,${forest.baseDn}`, outer);
    expect((await directory.protectedMembers()).objectGuids).toContain(person.objectGuid);
  });
});
