import type { Id } from '@homeward/protocol/id';

/** What an agent says about a group of one of its forests. */
export type DirectoryGroup = {
  /** objectSid of the forest's root domain, in string form */
  forest: string;
  /** the sourceAnchor: base64, the same as long as the group lives */
  externalId: string;
  displayName: string;
  description: string | null;
  samAccountName: string | null;
  domain: string | null;
  objectGuid: string | null;
};

/** A group as the cloud knows it. Times in Unix ms. */
export type Group = DirectoryGroup & { id: Id; tenantId: Id; createdAt: number; updatedAt: number };
