import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { whatIsWrongWith } from '../forest/forest-answers.ts';
import { type ForestPlace, forestPlace } from '../forest/forest-place.ts';
import { addressLabel, addressWithLabel, releaseAddresses } from '../forest/loopback-address.ts';
import { sambaProcesses, sessionOf } from '../forest/samba-processes.ts';
import { takeLabDown } from '../forest/take-lab-down.ts';
import { type Lab, type LabForest, readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';

// One lab of this file's own, beside the shared one, in a folder whose path is as awkward as a path may be: the tests
// below are its life, in order.
let folder: string;
let place: ForestPlace;
let firstPeople: string[];
const silently = () => {};

beforeAll(async () => {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'homeward lab ')));
  folder = join(
    parent,
    'a folder whose name alone is longer than the path of a socket may be '.padEnd(150, '.'),
  );
  await mkdir(folder);
  place = forestPlace(folder, 'corp');
});
afterAll(async () => {
  await takeLabDown(folder, silently);
  await rm(join(folder, '..'), { recursive: true, force: true });
});

function corpOf(lab: Lab): LabForest {
  const [corp] = lab.forests;
  if (!corp) throw new Error('the lab has no forest');
  return corp;
}

const identities = (forest: LabForest) => forest.people.map(({ dn, objectGuid }) => `${objectGuid} ${dn}`);

test('a lab-up that is killed while it makes the directory leaves nothing that a later one trips over', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../forest/lab-up.ts')], {
    env: { ...process.env, HOMEWARD_LAB: folder },
    stdio: 'ignore',
  });
  while (!existsSync(`${place.folder}.new/private/sam.ldb`)) {
    expect(existsSync(place.folder), 'it was made before it could be killed').toBe(false);
    expect(child.exitCode).toBe(null);
    await sleep(20);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');

  const said: string[] = [];
  const both = await Promise.all([
    bringLabUp(folder, (text) => said.push(text)),
    bringLabUp(folder, silently),
  ]);
  expect(both.map(({ found }) => found).toSorted()).toEqual(['nothing', 'running']);
  expect(await whatIsWrongWith(corpOf(both[0].lab))).toBeUndefined();
  firstPeople = identities(corpOf(both[0].lab));
  expect(firstPeople).toHaveLength(40);
});

test('two labs run side by side, each on an address of its own', async () => {
  const shared = corpOf(await readLab(ownLabFile()));
  const own = corpOf((await bringLabUp(folder, silently)).lab);
  expect(own.address).not.toBe(shared.address);
  expect(await whatIsWrongWith(shared)).toBeUndefined();
  expect(await whatIsWrongWith(own)).toBeUndefined();
  const processes = sambaProcesses(place.folder);
  expect(processes.length).toBeGreaterThan(0);
  const others = sambaProcesses(forestPlace((await readLab(ownLabFile())).folder, 'corp').folder);
  expect(processes.filter((pid) => others.includes(pid))).toEqual([]);
});

test('a lab-up when all runs changes nothing', async () => {
  const before = sambaProcesses(place.folder);
  expect((await bringLabUp(folder, silently)).found).toBe('running');
  expect(sambaProcesses(place.folder)).toEqual(before);
});

test('a controller whose first process was killed comes back with the same people', async () => {
  const { lab } = await bringLabUp(folder, silently);
  // It leads the session; process ids may have begun anew at one, so it need not be the lowest.
  const root = sambaProcesses(place.folder).find((pid) => sessionOf(pid) === pid) ?? 0;
  expect(root).toBeGreaterThan(1);
  process.kill(root, 'SIGKILL');
  // The others end when they learn of it; until then they answer.
  await expect.poll(() => whatIsWrongWith(corpOf(lab)), { timeout: 60_000 }).toBeDefined();
  await expectRepaired();
});

test('a controller whose processes all hang is started anew', async () => {
  // Stopped, Samba's own restarter does nothing about it, as after a hang. Round by round: one of them may be
  // starting another while it is stopped.
  const stopped = new Set<number>();
  for (let before = -1; stopped.size > before; ) {
    before = stopped.size;
    for (const pid of sambaProcesses(place.folder)) {
      process.kill(pid, 'SIGSTOP');
      stopped.add(pid);
    }
  }
  await expectRepaired();
});

test('a lost loopback address, as after a reboot, is put back', async () => {
  expect(await releaseAddresses(addressLabel(place))).toBe(1);
  await expectRepaired();
});

async function expectRepaired(): Promise<void> {
  const { lab, found } = await bringLabUp(folder, silently);
  expect(found).toBe('stopped');
  expect(await whatIsWrongWith(corpOf(lab))).toBeUndefined();
  expect(identities(corpOf(lab))).toEqual(firstPeople);
}

test('lab-down leaves no process, no address and no link, and the people for the next start', async () => {
  await takeLabDown(folder, silently);
  expect(sambaProcesses(place.folder)).toEqual([]);
  expect(await addressWithLabel(addressLabel(place))).toBeUndefined();
  expect(existsSync(place.shortPath)).toBe(false);
  await expectRepaired();
});

test('a port that another program holds is named, and nothing of a failed start is left', async () => {
  const { address } = corpOf((await bringLabUp(folder, silently)).lab);
  await takeLabDown(folder, silently);
  await using other = createServer().listen(636, address);
  await once(other, 'listening');
  await expect(bringLabUp(folder, silently)).rejects.toMatchObject({
    code: 'ERR_LAB_PORT_TAKEN',
    message: expect.stringContaining('port 636 (LDAPS)'),
  });
  expect(sambaProcesses(place.folder)).toEqual([]);
  expect(await addressWithLabel(addressLabel(place))).toBeUndefined();
  other.close();
  await once(other, 'close');
  await expectRepaired();
});

test('a lab whose folder was deleted while it ran can still be stopped', async () => {
  // Its processes go on writing into it meanwhile.
  await rm(folder, { recursive: true, maxRetries: 20, retryDelay: 50 });
  await takeLabDown(folder, silently);
  expect(sambaProcesses(place.folder)).toEqual([]);
  expect(await addressWithLabel(addressLabel(place))).toBeUndefined();
});
