import { draftFolder } from './create-forest.ts';
import { type ForestPlace, removeShortPath } from './forest-place.ts';
import { addressLabel, releaseAddresses } from './loopback-address.ts';
import { endSambaProcesses } from './samba-processes.ts';

/** Ends the controller and gives back what the machine lent: its processes, address and link. The folder stays. */
export async function stopForest(place: ForestPlace): Promise<{ processes: number; addresses: number }> {
  const processes = await endForestProcesses(place);
  const addresses = await releaseAddresses(addressLabel(place));
  await removeShortPath(place);
  return { processes, addresses };
}

export async function endForestProcesses(place: ForestPlace): Promise<number> {
  return (await endSambaProcesses(place.folder)) + (await endSambaProcesses(draftFolder(place)));
}
