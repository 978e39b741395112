import { Password } from '@homeward/protocol/password';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Directory } from './directory.ts';
import { RIGHTS, type Right } from './directory-rights.ts';
import { isHeld } from './evaluate-rights.ts';
import { type RightsPlan, reversePlan } from './plan-rights.ts';
import { SecurityDescriptorFlagsControl } from './read-descriptor.ts';
import { parseSecurityDescriptor, printSecurityDescriptor } from './security-descriptor.ts';
import { LabAdministrator, type LabPerson, labForests, openLabDirectory } from './testing/lab-forest.ts';

const MARKER = 'msDS-cloudExtensionAttribute15';
const ALL = Object.keys(RIGHTS) as Right[];
const CHANGE_PASSWORD = 'ab721a53-1e2f-11d0-9819-00aa0040529b';
const UNEXPIRE_PASSWORD = 'ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501';
const fresh = () => Password.of(`Fresh-${crypto.randomUUID()}`);

describe.each(labForests())('rights at Samba $sambaVersion', (forest) => {
  let lab: LabAdministrator;
  let administrator: Directory;
  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Rights');
    administrator = openLabDirectory(forest, forest.administrator);
  });
  afterAll(async () => {
    await lab?.close();
    administrator?.close();
  });

  /** An account of its own that holds nothing but these rights on an OU of its own. */
  async function accountWith(rights: readonly Right[]) {
    const account = await lab.person();
    const { ou } = await lab.organizationalUnit(`Below ${account.userName}`);
    const directory = openLabDirectory(forest, account);
    const plan = await planFor(directory, ou, rights);
    await administrator.applyRights(plan);
    lab.afterwards(async () => {
      directory.close();
      await administrator.applyRights(reversePlan(plan));
    });
    return { account, directory, ou, person: await lab.person({}, { ou }) };
  }

  async function planFor(directory: Directory, ou: string, rights: readonly Right[]): Promise<RightsPlan> {
    const report = await directory.rights({ ou, inspectPeople: true });
    return directory.planGrant(report, rights);
  }

  async function lacking(directory: Directory, ou: string): Promise<Right[]> {
    const report = await directory.rights({ ou, inspectPeople: true });
    const [row] = report.ous;
    if (!row || row.rights === 'unreadable') throw new Error('the OU is not in the report');
    const all = {
      ...row.rights,
      unexpirePassword: report.domain.unexpirePassword,
      readPsos: report.passwordSettings.readPsos,
      readDeletedObjects: report.deletedObjects.readDeletedObjects,
    };
    const exceptions = row.exceptions.flatMap((one) => one.missing);
    return ALL.filter((right) => !isHeld(all[right]) || exceptions.includes(right));
  }

  test('the lab’s agent account holds its four delegated rights by inheritance', async () => {
    const directory = openLabDirectory(forest);
    const report = await directory.rights({ ou: lab.ou });
    directory.close();
    const rights = report.ous[0]?.rights;
    expect(rights).toMatchObject({
      resetPassword: { state: 'inherited', by: report.trustee.sid },
      changePassword: { state: 'default', by: 'S-1-1-0' },
      writeLockoutTime: { state: 'inherited' },
      writePwdLastSet: { state: 'inherited' },
      writeMarker: { state: 'missing' },
      readAccount: { state: 'inherited', by: 'S-1-5-32-554' },
    });
    expect(report.domain.unexpirePassword).toEqual({ state: 'held', by: 'S-1-5-11' });
    expect(report.passwordSettings.readPsos.state).toBe('missing');
    expect(report.deletedObjects.readDeletedObjects.state).toBe('missing');
    expect(report.trustee.name).toBe(`${forest.netbiosName}\\${forest.agentAccount.userName}`);
  });

  test('people’s own OUs hold the rights, the rest of the domain does not', async () => {
    const directory = openLabDirectory(forest);
    const report = await directory.rights();
    directory.close();
    const state = (dn: string) => report.ous.find((ou) => ou.dn === dn)?.rights;
    expect(state(forest.peopleOu)).toMatchObject({ resetPassword: { state: 'held' } });
    expect(state(forest.baseDn)).toMatchObject({ resetPassword: { state: 'missing' } });
  });

  const tryIt: Partial<Record<Right, (directory: Directory, person: LabPerson) => Promise<unknown>>> = {
    resetPassword: (directory, person) =>
      directory.resetPassword(person, fresh(), { mustChange: false, unlockToo: false }),
    writeLockoutTime: (directory, person) => directory.unlock(person),
    writePwdLastSet: (directory, person) =>
      directory.resetPassword(person, fresh(), { mustChange: true, unlockToo: false }),
    writeMarker: (directory, person) =>
      directory.resetPassword(person, fresh(), {
        mustChange: false,
        unlockToo: false,
        fence: { attribute: MARKER, requestId: crypto.randomUUID() },
      }),
  };

  test.each(Object.keys(tryIt) as Right[])(
    'an account without %s is told just that; granted it works, revoked it does not',
    async (right) => {
      const { directory, ou, person } = await accountWith(ALL.filter((other) => other !== right));
      expect(await lacking(directory, ou)).toEqual([right]);
      const refused = { kind: 'notPermitted', diagnosis: { missingRights: [right] } };
      expect(await tryIt[right]?.(directory, person)).toMatchObject(refused);
      const plan = await planFor(directory, ou, [right]);
      expect(plan.steps.map((step) => [step.dn, step.right])).toEqual([[ou, right]]);
      await administrator.applyRights(plan);
      expect(await lacking(directory, ou)).toEqual([]);
      expect(await tryIt[right]?.(directory, person)).toMatchObject({ kind: 'applied' });
      const report = await directory.rights({ ou });
      await administrator.applyRights(await directory.planRevoke(report, [right]));
      expect(await lacking(directory, ou)).toEqual([right]);
      expect(await tryIt[right]?.(directory, person)).toMatchObject(refused);
    },
  );

  test('a denied Change Password is found on the person; its removal is planned and can be undone', async () => {
    const { account, directory, ou, person } = await accountWith(ALL);
    await lab.denyOn(person.dn, await lab.sidOf(account), CHANGE_PASSWORD);
    const change = () =>
      directory.changePassword(person, { current: Password.of(person.password), next: fresh() });
    const refused = { kind: 'cannotChangePassword', diagnosis: { missingRights: ['changePassword'] } };
    expect(await lacking(directory, ou)).toEqual(['changePassword']);
    expect(await change()).toMatchObject(refused);
    const plan = await planFor(directory, ou, ['changePassword']);
    expect(plan.steps).toMatchObject([{ dn: person.dn, add: [], remove: [{ kind: 'deny' }] }]);
    await administrator.applyRights(plan);
    expect(await lacking(directory, ou)).toEqual([]);
    await administrator.applyRights(reversePlan(plan));
    expect(await change()).toMatchObject(refused);
    await administrator.applyRights(plan);
    expect(await change()).toMatchObject({ kind: 'applied' });
  });

  test('a denied Unexpire Password is found on the domain; its removal is planned and can be undone', async () => {
    const { account, directory, ou } = await accountWith(ALL);
    await lab.denyOn(forest.baseDn, await lab.sidOf(account), UNEXPIRE_PASSWORD);
    expect(await lacking(directory, ou)).toEqual(['unexpirePassword']);
    const plan = await planFor(directory, ou, ['unexpirePassword']);
    await administrator.applyRights(plan);
    expect(await lacking(directory, ou)).toEqual([]);
    await administrator.applyRights(reversePlan(plan));
    expect(await lacking(directory, ou)).toEqual(['unexpirePassword']);
    await administrator.applyRights(plan);
    const report = await directory.rights({ ou });
    await administrator.applyRights(await directory.planRevoke(report, ['unexpirePassword']));
  });

  test('with the right to read PSOs a refusal names the PSO’s rule', async () => {
    const { directory, ou, person } = await accountWith(ALL.filter((right) => right !== 'readPsos'));
    await lab.pso({ 'msDS-MinimumPasswordLength': '20' }, [person]);
    const short = () =>
      directory.resetPassword(person, Password.of('Only-15-chars!!'), { mustChange: false, unlockToo: true });
    expect(await lacking(directory, ou)).toEqual(['readPsos']);
    expect(await short()).toMatchObject({ kind: 'refusedByPolicy', refusal: { rules: [] } });
    const plan = await planFor(directory, ou, ['readPsos']);
    await administrator.applyRights(plan);
    expect(await short()).toMatchObject({ refusal: { rules: ['tooShort'], minimumLength: 20 } });
    await administrator.applyRights(reversePlan(plan));
    expect(await lacking(directory, ou)).toEqual(['readPsos']);
  });

  test('the right to read deleted objects is granted and taken away', async () => {
    const { directory, ou } = await accountWith(ALL.filter((right) => right !== 'readDeletedObjects'));
    expect(await lacking(directory, ou)).toEqual(['readDeletedObjects']);
    const plan = await planFor(directory, ou, ['readDeletedObjects']);
    expect(plan.steps[0]?.dsacls.map((line) => line.line)).toEqual([
      `dsacls "CN=Deleted Objects,${forest.baseDn}" /takeownership`,
      `dsacls "CN=Deleted Objects,${forest.baseDn}" /G "${plan.trustee.name}:LCRPRC"`,
    ]);
    await administrator.applyRights(plan);
    expect(await lacking(directory, ou)).toEqual([]);
    await administrator.applyRights(reversePlan(plan));
    expect(await lacking(directory, ou)).toEqual(['readDeletedObjects']);
  });

  test('an OU that blocks inheritance is told apart, and gets ACEs of its own', async () => {
    const { directory, ou } = await accountWith(ALL);
    const inner = `OU=Closed,${ou}`;
    await lab.client.add(inner, { objectClass: 'organizationalUnit' });
    await lab.blockInheritance(inner);
    const report = await directory.rights({ ou });
    expect(report.ous.find((row) => row.dn === inner)).toMatchObject({
      blocksInheritance: true,
      rights: { resetPassword: { state: 'cut' }, writeLockoutTime: { state: 'cut' } },
    });
    const person = await lab.person({}, { ou: inner });
    const blind = await directory.resetPassword(person, fresh(), { mustChange: false, unlockToo: false });
    expect(blind).toMatchObject({ kind: 'notPermitted', diagnosis: { missingRights: ['readAccount'] } });
    const plan = await directory.planGrant(report, ['readAccount', 'resetPassword']);
    expect(plan.steps.map((step) => step.dn)).toEqual([inner, inner]);
    await administrator.applyRights(plan);
    expect(
      await directory.resetPassword(person, fresh(), { mustChange: false, unlockToo: false }),
    ).toMatchObject({
      kind: 'applied',
    });
  });

  test('only an administrator can write a plan', async () => {
    const { directory, ou } = await accountWith([]);
    const plan = await planFor(directory, ou, ['resetPassword']);
    await expect(directory.applyRights(plan)).rejects.toMatchObject({
      code: 'ERR_DIRECTORY_REFUSED',
      result: 50,
    });
  });

  test('all descriptors of the directory survive being read and written', async () => {
    const { searchEntries } = await lab.client.search(
      forest.baseDn,
      {
        filter: '(objectClass=*)',
        attributes: ['nTSecurityDescriptor'],
        explicitBufferAttributes: ['nTSecurityDescriptor'],
        paged: true,
      },
      new SecurityDescriptorFlagsControl(7),
    );
    const dumped = searchEntries.map((entry) => entry['nTSecurityDescriptor'] as Buffer);
    expect(dumped.length).toBeGreaterThan(200);
    for (const bytes of dumped) {
      const parsed = parseSecurityDescriptor(bytes);
      expect(parseSecurityDescriptor(printSecurityDescriptor(parsed))).toEqual(parsed);
      expect(printSecurityDescriptor(parsed).length).toBe(bytes.length);
      expect(parsed.dacl?.aces.every((ace) => ace.kind !== 'other')).toBe(true);
    }
  });
});
