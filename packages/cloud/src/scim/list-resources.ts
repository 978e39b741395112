import { isId } from '@homeward/protocol/id';
import { z } from 'zod';
import type { PageQuery } from '../people/id-pages.ts';
import type { Store } from '../store/store.ts';
import type { ScimCaller } from './agent-tokens.ts';
import { problemsOf, type ResourceType, SCHEMAS } from './messages.ts';
import { groupResource, userResource } from './resources.ts';

/** The most that one answer lists; groups bring their members along. */
const MOST = { Users: 500, Groups: 100 } as const;

const FILTER = /^\s*externalId\s+eq\s+("(?:[^"\\]|\\.)*")\s*$/i;

const querySchema = z.object({
  /** RFC 7644 section 3.4.2.2; what agents need of it */
  filter: z.string().max(600).regex(FILTER, 'is understood as externalId eq "…" only').optional(),
  /** from 1; below is 1 (RFC 7644 section 3.4.2.4) */
  startIndex: z.coerce.number().int().optional(),
  count: z.coerce.number().int().optional(),
  /** RFC 9865: `nextCursor` of the page before; empty for the first one */
  cursor: z
    .string()
    .refine((text) => text === '' || isId(text), 'is not one that was given here')
    .optional(),
  excludedAttributes: z.string().max(600).optional(),
});

export type Listing = { kind: 'listed'; body: unknown } | { kind: 'invalid'; detail: string };

/** `GET /Users` and `GET /Groups`: what of the caller's forests is here, in the order of ids. */
export async function listResources(
  store: Pick<Store, 'people' | 'groups'>,
  caller: ScimCaller,
  type: ResourceType,
  raw: Record<string, string>,
  locationOf: (type: ResourceType, id: string) => string,
): Promise<Listing> {
  const parsed = querySchema.safeParse(raw);
  if (!parsed.success) return { kind: 'invalid', detail: problemsOf(parsed.error) };
  const { filter, cursor, startIndex = 1, count = MOST[type], excludedAttributes = '' } = parsed.data;
  const externalId = externalIdIn(filter);
  const limit = Math.max(0, Math.min(count, MOST[type]));
  const query: PageQuery = {
    forests: caller.forests,
    limit,
    ...(externalId !== undefined && { externalId }),
    ...(cursor ? { after: cursor } : {}),
    ...(cursor === undefined && { skip: Math.max(0, startIndex - 1) }),
  };
  const withMembers = !excludedAttributes.split(',').some((name) => name.trim().toLowerCase() === 'members');
  const page =
    type === 'Users'
      ? await store.people.list(caller.tenantId, query)
      : await store.groups.list(caller.tenantId, query);
  const resources: Record<string, unknown>[] = [];
  for (const row of page.rows) {
    const location = locationOf(type, row.id);
    if ('userName' in row) resources.push(userResource(row, location));
    else {
      const members = withMembers ? await store.groups.membersOf(row.id) : undefined;
      resources.push(groupResource(row, members, location));
    }
  }
  const last = page.rows.at(-1);
  const isMore = last !== undefined && page.rows.length === limit;
  return {
    kind: 'listed',
    body: {
      schemas: [SCHEMAS.list],
      totalResults: page.total,
      itemsPerPage: resources.length,
      ...(cursor === undefined ? { startIndex: Math.max(1, startIndex) } : isMore && { nextCursor: last.id }),
      Resources: resources,
    },
  };
}

function externalIdIn(filter: string | undefined): string | undefined {
  const quoted = filter === undefined ? undefined : FILTER.exec(filter)?.[1];
  if (quoted === undefined) return undefined;
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return '';
  }
}
