import type { Directory } from '@homeward/active-directory';
import type { Secret } from '@homeward/protocol/secret';
import type { ForestConfig } from '../config.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type PermissionsDirectory = Pick<
  Directory,
  'rights' | 'people' | 'protectedMembers' | 'probe' | 'planGrant' | 'planRevoke' | 'applyRights' | 'close'
>;

export type PermissionsDeps = {
  terminal: Terminal;
  /** with the agent's own account, or another one of the same forest */
  openForest: (
    forest: ForestConfig,
    account?: { userPrincipalName: string; password: Secret<string> },
  ) => PermissionsDirectory;
  /** how this program was called, with its configuration: for the commands that are suggested */
  command: string;
};
