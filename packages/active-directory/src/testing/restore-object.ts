import { Attribute, Change, Control } from 'ldapts';
import { guidFromBytes } from '../guid.ts';
import type { LabAdministrator } from './lab-forest.ts';

/**
 * Brings a deleted object back without the recycle bin ([MS-ADTS] 3.1.1.5.3.7): in one modify, the same GUID and
 * SID, and few attributes left.
 */
export async function restoreObject(lab: LabAdministrator, objectGuid: string, dn: string): Promise<void> {
  const showDeleted = new Control('1.2.840.113556.1.4.417', { critical: true });
  const { searchEntries } = await lab.client.search(
    `CN=Deleted Objects,${lab.forest.baseDn}`,
    {
      scope: 'sub',
      filter: '(isDeleted=TRUE)',
      attributes: ['objectGUID'],
      explicitBufferAttributes: ['objectGUID'],
    },
    showDeleted,
  );
  const tombstone = searchEntries.find((entry) => {
    const bytes = entry['objectGUID'];
    return Buffer.isBuffer(bytes) && guidFromBytes(bytes) === objectGuid;
  });
  if (tombstone === undefined) throw new Error('no tombstone');
  const change = (operation: 'delete' | 'replace', type: string, values: string[]) =>
    new Change({ operation, modification: new Attribute({ type, values }) });
  await lab.client.modify(
    tombstone.dn,
    [change('delete', 'isDeleted', []), change('replace', 'distinguishedName', [dn])],
    showDeleted,
  );
}
