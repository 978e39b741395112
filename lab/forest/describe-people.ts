import type { LabPersonKind } from '../lab-file.ts';
import type { PersonDescription } from './forest-description.ts';

export type Department = { name: string; ou: string[]; memberOf: string[]; people: PersonRow[] };
export type PersonRow = [userName: string, givenName: string, surname: string, title: string];

/** What is different about somebody, by user name; `memberOf` comes on top of the department's. */
export type PersonException = {
  kind?: LabPersonKind;
  memberOf?: string[];
  commonName?: string;
  displayName?: string;
};

/** Telephone numbers come from the ranges that Ofcom keeps for drama: they reach nobody. */
export function describePeople(
  departments: Department[],
  exceptions: Record<string, PersonException> = {},
): PersonDescription[] {
  const rows = departments.flatMap((department) => department.people.map((row) => ({ department, row })));
  return rows.map(({ department, row: [userName, givenName, surname, title] }, index) => {
    const exception = exceptions[userName];
    const displayName = exception?.displayName ?? `${givenName} ${surname}`;
    const line = String(100 + index);
    return {
      userName,
      commonName: exception?.commonName ?? displayName,
      givenName,
      surname,
      displayName,
      ou: department.ou,
      title,
      department: department.name,
      telephoneNumber: `+44 20 7946 0${line}`,
      mobile: `+44 7700 900${line}`,
      memberOf: [...department.memberOf, ...(exception?.memberOf ?? [])],
      kind: exception?.kind ?? 'ordinary',
    };
  });
}
