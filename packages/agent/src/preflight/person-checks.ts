import type { Directory, DryRun } from '@homeward/active-directory';
import { adviceFor } from '../advice/advice-for.ts';
import type { ForestConfig } from '../config.ts';
import { type CheckGroup, type Finding, fail, once, pass, skip, warn } from './check.ts';
import type { FoundPerson } from './find-people.ts';
import type { Signed } from './forest-checks.ts';
import type { PersonLinks } from './links-of-person.ts';

export type PersonCheckDeps = {
  name: string;
  forests: readonly {
    forest: ForestConfig;
    directory: Pick<Directory, 'dryRun'>;
    signedIn: () => Promise<Signed>;
    find: (name: string) => Promise<FoundPerson[]>;
  }[];
  /** the person's links in the sync store; undefined where there is no store yet */
  links: (forestSid: string, objectGuid: string) => PersonLinks | undefined;
};

type Found = FoundPerson & { at: PersonCheckDeps['forests'][number] };

/** One enabled person, from the directory through the metaverse to what a reset would do. Only reads. */
export function personChecks(deps: PersonCheckDeps): CheckGroup {
  const search = once(() => searchForests(deps));
  const withPerson = (check: (person: Found) => Promise<Finding>) => async () => {
    const { people } = await search();
    const [person] = people;
    return person === undefined || people.length > 1 ? skip('No one person was found.') : check(person);
  };
  return {
    title: `Person ${deps.name}`,
    checks: [
      { id: 'person-directory', title: 'Directory', run: async () => (await search()).finding },
      { id: 'person-metaverse', title: 'Metaverse', run: withPerson((person) => checkLinks(deps, person)) },
      { id: 'person-reset', title: 'Reset', run: withPerson(checkReset) },
    ],
  };
}

async function searchForests({
  name,
  forests,
}: PersonCheckDeps): Promise<{ people: Found[]; finding: Finding }> {
  const people: Found[] = [];
  const silent: string[] = [];
  for (const at of forests)
    if ('problem' in (await at.signedIn())) silent.push(at.forest.domain);
    else for (const person of await at.find(name)) people.push({ ...person, at });
  return { people, finding: searchFinding(name, people, silent) };
}

function searchFinding(name: string, people: readonly Found[], silent: readonly string[]): Finding {
  const [first] = people;
  const unasked = silent.length === 0 ? '' : ` ${silent.join(', ')} could not be asked.`;
  if (first === undefined)
    return fail(
      `Nobody is called ${name} by user principal name, account name or mail address.${unasked}`,
      'Check the name, and that the account may list and read the OU.',
    );
  if (people.length > 1)
    return warn(
      `${people.length} people have this name: ${people.map(({ dn }) => dn).join('; ')}.${unasked}`,
      'Give the user principal name.',
    );
  return pass(`${first.dn}.`, { forest: first.at.forest.domain, objectGuid: first.objectGuid });
}

async function checkLinks({ links }: PersonCheckDeps, person: Found): Promise<Finding> {
  const signed = await person.at.signedIn();
  const found = 'problem' in signed ? undefined : links(signed.identity.forestSid, person.objectGuid);
  if (found === undefined) return skip('Nothing was synchronised yet; start the agent.');
  if (found.kind === 'unknown')
    return fail(
      'The last synchronisation did not see this person.',
      'Wait for the next cycle; then check searchBases.',
    );
  if (found.kind === 'notProvisioned')
    return fail(
      'The person is not in the cloud yet.',
      'Wait for the next cycle; then look at the agent’s log.',
    );
  const { location } = found;
  if (location.kind !== 'found') return fail(location.explanation, 'Mend the link that it names.', location);
  if (location.objectGuid !== person.objectGuid)
    return warn(
      `All links are there, and lead to another account: ${location.dn}.`,
      'Nothing, if that is the account that this person signs in with.',
      location,
    );
  return pass('Found through all four links.', { cloudAnchor: found.cloudAnchor });
}

async function checkReset({ at, objectGuid }: Found): Promise<Finding> {
  const request = { operation: 'reset', mustChange: true, unlockToo: true } as const;
  const { outcome, notKnown } = await at.directory.dryRun({ objectGuid }, request);
  if (outcome.kind !== 'applied') {
    const { happened, next } = adviceFor(outcome);
    return fail(happened, next, outcome);
  }
  const open = notKnown.map((what) => UNKNOWN[what]).join(', ');
  return pass(`It would work; nothing was written.${open === '' ? '' : ` Only a write tells: ${open}.`}`, {
    notKnown,
  });
}

const UNKNOWN: Readonly<Record<DryRun['notKnown'][number], string>> = {
  history: 'history',
  filter: 'password filters',
  minimumAge: 'minimum age',
  currentPassword: 'the current password',
  rights: 'rights (the person’s permissions cannot be read)',
  policy: 'the rules (the PSO cannot be read)',
};
