import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Directory, openDirectory } from '@homeward/active-directory';
import { Secret } from '@homeward/protocol/secret';
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { type Controller, firstController } from '../forest/controller.ts';
import type { SambaRelease } from '../forest/forest-description.ts';
import { smallForest } from '../forest/small-forest.ts';
import { takeLabDown } from '../forest/take-lab-down.ts';
import type { LabAccount } from '../lab-file.ts';

export const MARKER = 'msDS-cloudExtensionAttribute15';

/** A forest for a test that breaks it, in a lab of its own; `end` leaves nothing. */
export type StormForest = { first: Controller; end: () => Promise<void> };

export async function stormForest(samba: SambaRelease): Promise<StormForest> {
  const folder = await mkdtemp(join(tmpdir(), 'homeward-storm-'));
  const description = smallForest('storm', samba);
  const end = async () => {
    await takeLabDown(folder, () => {});
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { lab } = await bringLabUp(folder, () => {}, [description]);
    return { first: await firstController(lab, description), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** What a test can wait for, again and again, while a controller hangs. */
const SHORT = { dns: 500, connect: 500, bind: 1_000, read: 1_000, write: 1_500, queue: 3_000 };
/** For what is asked once: on a machine that is busy with other tests, a controller answers when it gets to it. */
const PATIENT = { dns: 10_000, connect: 20_000, bind: 20_000, read: 20_000, write: 30_000, queue: 30_000 };

/**
 * As an agent would open it.
 * @param options.limits `short` by default, for many writes of which some may meet a controller that hangs
 */
export async function openStormDirectory(
  controllers: [Controller, ...Controller[]],
  options: { account?: LabAccount; otherWritableController?: boolean; limits?: 'short' | 'patient' } = {},
): Promise<Directory> {
  const [{ forest }] = controllers;
  const { userPrincipalName, password } = options.account ?? forest.agentAccount;
  return openDirectory(
    {
      domain: forest.domain,
      dnsServers: controllers.map((controller) => controller.forest.address),
      ca: await readFile(forest.caFile, 'utf8'),
      account: { userPrincipalName, password: new Secret(password) },
      timeouts: options.limits === 'patient' ? PATIENT : SHORT,
      otherWritableController: options.otherWritableController ?? false,
    },
    { clock: { now: () => Date.now() }, log: { debug() {}, info() {}, warn() {}, error() {} } },
  );
}

/** The right that lets a lost write be told for certain. */
export async function grantMarker(controller: Controller): Promise<void> {
  const { administrator: account, peopleOu } = controller.forest;
  const [directory, administrator] = await Promise.all([
    openStormDirectory([controller], { limits: 'patient' }),
    openStormDirectory([controller], { account, limits: 'patient' }),
  ]);
  try {
    const plan = await directory.planGrant(await directory.rights({ ou: peopleOu }), ['writeMarker']);
    await administrator.applyRights(plan);
  } finally {
    directory.close();
    administrator.close();
  }
}
