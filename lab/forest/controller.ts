import { join } from 'node:path';
import type { Lab, LabForest } from '../lab-file.ts';
import { bringSamba } from './bring-samba.ts';
import type { ForestDescription } from './forest-description.ts';
import { type ForestPlace, forestPlace } from './forest-place.ts';
import { forestResolver } from './forest-resolver.ts';
import { withMounts } from './private-mounts.ts';
import { mustRun } from './run-command.ts';
import { endSambaProcesses, freezeSambaProcesses, thawSambaProcesses } from './samba-processes.ts';
import type { Samba } from './samba-version.ts';
import { startForest } from './start-forest.ts';

/** One domain controller of a running forest. `forest` is the forest as it shows at this controller. */
export type Controller = {
  description: ForestDescription;
  forest: LabForest;
  place: ForestPlace;
  lab: Lab;
  samba: Samba;
};

/** The one that the forest was made with; it is the PDC emulator unless the role was moved. */
export async function firstController(lab: Lab, description: ForestDescription): Promise<Controller> {
  const forest = lab.forests.find(({ name }) => name === description.name);
  if (!forest) throw new Error(`the lab has no forest called ${description.name}`);
  const samba = await bringSamba(description.samba, () => {});
  return { description, forest, place: forestPlace(lab.folder, forest.name), lab, samba };
}

/** Starts it and waits until it answers. */
export async function startController(controller: Controller): Promise<void> {
  const { description, forest, place, lab, samba } = controller;
  await startForest(description, forest, place, { authority: lab.ca, samba });
}

/** As a service is stopped: requests are answered, databases closed. */
export async function stopController({ place }: Controller): Promise<void> {
  await endSambaProcesses(place.folder);
}

/** As if the power went: nothing is answered, connections are reset. */
export async function killController({ place }: Controller): Promise<void> {
  await endSambaProcesses(place.folder, 'SIGKILL');
}

/** It accepts connections and requests, and answers none until it is resumed; then it answers them all. */
export async function hangController({ place }: Controller): Promise<void> {
  await freezeSambaProcesses(place.folder);
}

export function resumeController({ place }: Controller): void {
  thawSambaProcesses(place.folder);
}

/** samba-tool against this controller as the forest's administrator; its password shows in no process list. */
export async function administer({ forest, place, samba }: Controller, args: string[]): Promise<string> {
  const resolver = await forestResolver(place.folder, [forest.dnsServer, forest.address]);
  const command: [string, string[]] = [
    'samba-tool',
    [...args, `--configfile=${join(place.shortPath, 'smb.conf')}`, '-U', forest.administrator.userName],
  ];
  return await mustRun(...withMounts([...samba.mounts, resolver], command), {
    environment: { PASSWD: forest.administrator.password, KRB5_CONFIG: forest.krb5Config },
  });
}
