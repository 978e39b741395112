import type { DirectoryPerson } from './person.ts';

/** The one spelling under which names are stored, looked up and counted: NFC, no outer blanks, lower case. */
export function foldName(typed: string): string {
  return typed.trim().normalize('NFC').toLowerCase();
}

/**
 * All that this person may type as user ID, folded: UPN, mail, `DOMAIN\sam`, `sam@domain`, and the bare sam (in a
 * company of one domain that is what people know). A name that two people share finds neither.
 */
export function namesOf(person: DirectoryPerson): string[] {
  const { samAccountName: sam, netbiosName, domain } = person;
  const names = [person.userName, person.mail, sam];
  if (sam && netbiosName) names.push(`${netbiosName}\\${sam}`);
  if (sam && domain) names.push(`${sam}@${domain}`, `${domain}\\${sam}`);
  return [...new Set(names.filter((name) => name !== null).map(foldName))].filter((name) => name !== '');
}
