import { Attribute, Change } from 'ldapts';
import type { LabForest } from '../lab-file.ts';
import { LabError } from './errors.ts';
import { ldapsClient } from './ldaps-connection.ts';

/**
 * Sets a person's password as the forest's administrator ([MS-ADTS] 3.1.1.3.1.5), for tests that need a known one
 * and for demos that put things back. History does not count for a reset; length and complexity do.
 *
 * @throws {LabError} ERR_LAB_FILE_INVALID for a person that the lab does not know; ldapts' error where the directory
 *   refuses
 */
export async function setPassword(forest: LabForest, userName: string, password: string): Promise<void> {
  const person = forest.people.find((each) => each.userName === userName);
  if (!person) throw new LabError('ERR_LAB_FILE_INVALID', `The lab knows nobody called ${userName}.`);
  const client = await ldapsClient(forest);
  try {
    await client.bind(forest.administrator.userPrincipalName, forest.administrator.password);
    await client.modify(`<GUID=${person.objectGuid}>`, [
      new Change({
        operation: 'replace',
        modification: new Attribute({
          type: 'unicodePwd',
          values: [Buffer.from(`"${password}"`, 'utf16le')],
        }),
      }),
    ]);
  } finally {
    await client.unbind().catch(() => {});
  }
}
