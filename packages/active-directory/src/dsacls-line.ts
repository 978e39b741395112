import type { Right, RightDefinitions } from './directory-rights.ts';
import type { Trustee } from './read-token.ts';

/** A command for Windows' own tool. Not `exact`: it does more than the step that it stands for. */
export type DsaclsLine = { line: string; exact: boolean };

/** What gives this right, as `dsacls` writes it: CA is an extended right, WP write property, LC, RP and RC list, read property and read control. */
export function grantLine(
  dn: string,
  right: Right,
  trustee: Trustee,
  definitions: RightDefinitions,
): DsaclsLine[] {
  const name = definitions.rights[right].name;
  const exact = (line: string) => ({ line, exact: true });
  switch (right) {
    case 'readAccount':
      return [exact(`dsacls ${quote(dn)} /I:S /G ${quote(`${trustee.name}:RP;;user`)}`)];
    case 'resetPassword':
    case 'changePassword':
      return [exact(`dsacls ${quote(dn)} /I:S /G ${quote(`${trustee.name}:CA;${name};user`)}`)];
    case 'writeLockoutTime':
    case 'writePwdLastSet':
    case 'writeMarker':
      return [exact(`dsacls ${quote(dn)} /I:S /G ${quote(`${trustee.name}:WP;${name};user`)}`)];
    case 'unexpirePassword':
      return [exact(`dsacls ${quote(dn)} /G ${quote(`${trustee.name}:CA;${name}`)}`)];
    case 'readPsos':
      return [exact(`dsacls ${quote(dn)} /I:T /G ${quote(`${trustee.name}:GR`)}`)];
    case 'readDeletedObjects':
      return [
        exact(`dsacls ${quote(dn)} /takeownership`),
        exact(`dsacls ${quote(dn)} /G ${quote(`${trustee.name}:LCRPRC`)}`),
      ];
    default:
      return right satisfies never;
  }
}

/** `dsacls` cannot remove one ACE: /R takes away everything that the account has on this object. */
export function removalLine(dn: string, trustee: Trustee): DsaclsLine {
  return { line: `dsacls ${quote(dn)} /R ${quote(trustee.name)}`, exact: false };
}

/** An argument as Windows programs take them apart: backslashes count only before a quotation mark. */
export function quote(argument: string): string {
  return `"${argument.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
