import { globSync, readFileSync } from 'node:fs';

export type ErrorCode = { code: string; package: string; meaning: string | undefined };

/**
 * Every `ERR_…` code that a package throws, read from its closed union (`export type …ErrorCode = | 'ERR_…'`), with
 * the comment in front of it as its meaning.
 */
export function readErrorCodes(): ErrorCode[] {
  return globSync('packages/*/src/**/*.ts')
    .sort()
    .flatMap((file) => errorCodesIn(readFileSync(file, 'utf8'), file.split('/')[1] ?? ''));
}

/** A comment is read as one piece: the semicolon that ends a union is none in there, nor a code that it names. */
const UNION = /export type \w+ErrorCode =((?:\/\*.*?\*\/|\/\/[^\n]*|[^;/])*);/gs;
const MEMBER = /(?:\/\*\*\s*((?:(?!\*\/).)*?)\s*\*\/\s*)?\|?\s*'(ERR_\w+)'|\/\*.*?\*\/|\/\/[^\n]*/gs;

/** The same of one file's text. */
export function errorCodesIn(text: string, owner: string): ErrorCode[] {
  return [...text.matchAll(UNION)].flatMap(([, union = '']) =>
    [...union.matchAll(MEMBER)].flatMap(([, comment, code]) =>
      code === undefined
        ? []
        : [{ code, package: owner, meaning: comment === undefined ? MEANINGS[code] : plain(comment) }],
    ),
  );
}

/** `name` and `{@link name}` are for readers of the code; the page has only the words. */
function plain(comment: string): string {
  const text = comment
    .replaceAll(/\s*\n\s*\*\s*/g, ' ')
    .replaceAll(/\{@link ([^}]+)\}/g, '$1')
    .replace(/\.?$/, '.');
  return /^\w+\.\w/.test(text) ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** For codes whose names say enough to readers of the code, but not to operators. */
export const MEANINGS: Readonly<Record<string, string>> = {
  ERR_CONFIG_INVALID: 'The configuration or an argument cannot be used; every problem is listed by its path.',
  ERR_NOT_ENROLLED:
    'This agent has no enrolment yet, or it was ended. Run homeward-agent writeback enable --cloud <address>.',
  ERR_ALREADY_ENROLLED: 'This state folder belongs to an enrolled agent already.',
  ERR_ENROLMENT_REFUSED: 'The cloud did not take the token or the request; it says why.',
  ERR_CLOUD_UNREACHABLE: 'The cloud does not answer, or cannot now. Check address, DNS, firewall and proxy.',
  ERR_CREDENTIAL_REFUSED: 'The cloud gives this agent no credential: it was revoked, or a clock is wrong.',
  ERR_KEYS_MISSING: 'A key file in the state folder cannot be read. Restore it, or enrol again.',
  ERR_ALREADY_RUNNING: 'Another agent holds this state folder. Stop it first.',
  ERR_MASTER_KEY_UNREADABLE: 'The file of the cloud’s master key cannot be read.',
  ERR_MASTER_KEY_WRONG: 'The master key is not the one that this store was sealed with.',
  ERR_SEALED_TEXT_INVALID: 'A sealed value in the store was altered, or sealed with another key.',
  ERR_STORE_IN_USE: 'Another process uses the store.',
  ERR_STORE_MIGRATION_CHANGED: 'A migration that was applied is not the one of this version.',
  ERR_STORE_NEWER: 'The store was written by a later version. Install that version again.',
  ERR_LISTEN_FAILED: 'The cloud cannot listen on its address and port; another process may have them.',
  ERR_CLOUD_NOT_RUNNING: 'The command needs a running cloud, and none answers.',
  ERR_FRAME_SIZE: 'A frame is shorter or longer than frames are.',
  ERR_FRAME_VERSION: 'A frame of a version that is not spoken here.',
  ERR_FRAME_TYPE: 'A frame of a type that this version does not have.',
  ERR_FRAME_TIME: 'A frame whose time is later than any clock will show.',
  ERR_PACKAGE_VERSION: 'A package of a version that is not spoken here.',
  ERR_PACKAGE_SUITE: 'A package sealed by algorithms that are not known here.',
  ERR_PACKAGE_KEY: 'A package sealed with a key that is not known here.',
  ERR_PACKAGE_OPEN: 'A package that was altered, or sealed for another tenant or frame.',
  ERR_REQUEST_MALFORMED: 'A request whose bytes do not have the layout of this version.',
  ERR_CONTROL_MALFORMED: 'An offer, claim or decline whose bytes do not have the layout of this version.',
  ERR_REPORT_MALFORMED: 'An agent’s report whose bytes do not have the layout of this version.',
  ERR_ENVELOPE_OPEN: 'The sealed password cannot be opened; one code for every reason.',
  ERR_REPLY_MALFORMED: 'A reply whose bytes do not have the layout of this version.',
  ERR_REPLY_SIGNATURE: 'A reply that was not signed by the agent that was asked.',
  ERR_SYNC_CONFIGURATION: 'The rules or forests of synchronisation contradict each other.',
  ERR_SYNC_UNKNOWN_FOREST: 'An object of a forest that the configuration does not have.',
  ERR_SYNC_STORE_INCONSISTENT:
    'The sync store contradicts itself. Move it away; the next full cycle makes it anew.',
  ERR_SYNC_NOTHING_HELD: 'No deletions are held, so there are none to confirm.',
};
