import type { Id } from '@homeward/protocol/id';

/** What an agent says about a person of its forest. */
export type DirectoryPerson = {
  /** objectSid of the forest's root domain, in string form */
  forest: string;
  /** the sourceAnchor: base64, the same as long as the account lives */
  externalId: string;
  /** userPrincipalName */
  userName: string;
  displayName: string | null;
  givenName: string | null;
  familyName: string | null;
  mail: string | null;
  active: boolean;
  samAccountName: string | null;
  netbiosName: string | null;
  /** DNS name of the account's domain */
  domain: string | null;
  objectGuid: string | null;
};

/** A person as the cloud knows them; `id` is the cloudAnchor, made here, never a name. Times in Unix ms. */
export type Person = DirectoryPerson & {
  id: Id;
  tenantId: Id;
  createdAt: number;
  updatedAt: number;
  /** when `mail` became another address; null: since they came it is the same */
  mailChangedAt: number | null;
};
