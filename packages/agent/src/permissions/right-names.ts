import { RIGHTS, type Right } from '@homeward/active-directory';

export type RightName = {
  /** as administrators know it */
  name: string;
  /** for `--right` */
  option: string;
  /** present: works without it, and this is what it brings */
  brings?: string;
};

/** The rights in the words of Active Directory's own tools. */
export const RIGHT_NAMES: Readonly<Record<Right, RightName>> = {
  readAccount: { name: 'Read all properties', option: 'read-account' },
  resetPassword: { name: 'Reset Password', option: 'reset-password' },
  changePassword: { name: 'Change Password', option: 'change-password' },
  writeLockoutTime: { name: 'Write lockoutTime', option: 'write-lockout-time' },
  writePwdLastSet: { name: 'Write pwdLastSet', option: 'write-pwd-last-set' },
  writeMarker: {
    name: 'Write the marker',
    option: 'write-marker',
    brings: 'After a crash or a lost answer it is proved at once whether a password was written.',
  },
  unexpirePassword: { name: 'Unexpire Password', option: 'unexpire-password' },
  readPsos: {
    name: 'Read PSOs',
    option: 'read-psos',
    brings: 'People under a fine-grained policy see its rules, and which of them refused.',
  },
  readDeletedObjects: {
    name: 'List and read CN=Deleted Objects',
    option: 'read-deleted-objects',
    brings: 'Deleted people leave the cloud within seconds, not with the next full cycle.',
  },
};

export const ALL_RIGHTS = Object.keys(RIGHTS) as Right[];
export const NEEDED_RIGHTS = ALL_RIGHTS.filter((right) => RIGHT_NAMES[right].brings === undefined);
export const OPTIONAL_RIGHTS = ALL_RIGHTS.filter((right) => RIGHT_NAMES[right].brings !== undefined);

const GROUPS: Readonly<Record<string, readonly Right[]>> = {
  all: ALL_RIGHTS,
  needed: NEEDED_RIGHTS,
  optional: OPTIONAL_RIGHTS,
};

/** What `--right` takes: `reset-password`, `resetPassword`, `Reset Password`, or a group; undefined otherwise. */
export function rightsNamed(text: string): readonly Right[] | undefined {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[\s-]/g, '');
  const right = ALL_RIGHTS.find((key) =>
    [key, RIGHT_NAMES[key].option, RIGHT_NAMES[key].name].some((name) => plain(name) === plain(text)),
  );
  return right === undefined ? GROUPS[text.toLowerCase()] : [right];
}
