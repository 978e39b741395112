/** The shapes of RFC 7643 and RFC 7644 that provisioning uses, and this product's one extension. */
import { z } from 'zod';

export const SCHEMAS = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  directory: 'urn:homeward:params:scim:schemas:extension:directory:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  directoryGroup: 'urn:homeward:params:scim:schemas:extension:directory:2.0:Group',
  list: 'urn:ietf:params:scim:api:messages:2.0:ListResponse',
  bulkRequest: 'urn:ietf:params:scim:api:messages:2.0:BulkRequest',
  bulkResponse: 'urn:ietf:params:scim:api:messages:2.0:BulkResponse',
  error: 'urn:ietf:params:scim:api:messages:2.0:Error',
} as const;

export const MAX_OPERATIONS = 1000;
export const MAX_PAYLOAD = 1024 * 1024;

const text = (max: number) => z.string().trim().min(1).max(max);

const forest = z.string().regex(/^S-1-5-21(-\d{1,10}){3}$/, 'must be the SID of a domain');

export const userSchema = z.object({
  schemas: z
    .array(z.string())
    .refine((schemas) => schemas.includes(SCHEMAS.user), 'must name the User schema'),
  externalId: text(256),
  userName: text(256),
  displayName: text(256).optional(),
  name: z.object({ givenName: text(256).optional(), familyName: text(256).optional() }).optional(),
  emails: z
    .array(
      z.object({ value: z.email().max(254), type: z.string().optional(), primary: z.boolean().optional() }),
    )
    .max(10)
    .optional(),
  active: z.boolean(),
  [SCHEMAS.directory]: z.object({
    forest,
    domain: text(253).optional(),
    netbiosName: text(15).optional(),
    samAccountName: text(256).optional(),
    /** of any UUID version: directories make their own kind */
    objectGuid: z.guid().optional(),
  }),
});

export type ScimUser = z.infer<typeof userSchema>;

export const groupSchema = z.object({
  schemas: z
    .array(z.string())
    .refine((schemas) => schemas.includes(SCHEMAS.group), 'must name the Group schema'),
  externalId: text(256),
  displayName: text(256),
  /** people and groups, by the ids that they have here */
  members: z.array(z.object({ value: z.string().regex(/^[0-9a-f-]{36}$/, 'must be an id') })).default([]),
  [SCHEMAS.directoryGroup]: z.object({
    forest,
    domain: text(253).optional(),
    samAccountName: text(256).optional(),
    objectGuid: z.guid().optional(),
    description: text(1024).optional(),
  }),
});

export type ScimGroup = z.infer<typeof groupSchema>;

const RESOURCE_PATH = /^\/(Users|Groups)\/([0-9a-f-]{36})$/;
const named = z.string().regex(RESOURCE_PATH, 'must be /Users/<id> or /Groups/<id>');

export const operationSchema = z.discriminatedUnion('method', [
  z.object({
    method: z.literal('POST'),
    path: z.enum(['/Users', '/Groups']),
    bulkId: text(256),
    data: z.unknown(),
  }),
  z.object({ method: z.literal('PUT'), path: named, bulkId: text(256).optional(), data: z.unknown() }),
  z.object({ method: z.literal('DELETE'), path: named, bulkId: text(256).optional() }),
]);

export type ScimOperation = z.infer<typeof operationSchema>;

export const bulkRequestSchema = z.object({
  schemas: z
    .array(z.string())
    .refine((schemas) => schemas.includes(SCHEMAS.bulkRequest), 'must name the BulkRequest schema'),
  /** stops after so many errors (RFC 7644 section 3.7); absent: never */
  failOnErrors: z.int().min(1).optional(),
  Operations: z.array(z.unknown()).min(1),
});

export type ScimError = { schemas: [string]; status: string; scimType?: string; detail: string };

/** RFC 7644 section 3.12. */
export function scimError(status: number, detail: string, scimType?: string): ScimError {
  return { schemas: [SCHEMAS.error], status: String(status), ...(scimType ? { scimType } : {}), detail };
}

export type ResourceType = 'Users' | 'Groups';

/** What a path names; of a creation there is no id yet. */
export function resourceOf(path: string): { type: ResourceType; id: string } {
  return { type: path.startsWith('/Groups') ? 'Groups' : 'Users', id: RESOURCE_PATH.exec(path)?.[2] ?? '' };
}

/** What is wrong with a message, by path; never its values. */
export function problemsOf(error: z.ZodError): string {
  return error.issues
    .map((issue) => `${issue.path.map(String).join('.') || 'message'}: ${issue.message}`)
    .join('; ')
    .slice(0, 1000);
}
