import { type MailChange, tellFormerAddress } from '../people/mail-change.ts';
import type { Stores } from '../store/store.ts';
import type { ScimCaller } from './agent-tokens.ts';
import {
  groupSchema,
  operationSchema,
  problemsOf,
  type ResourceType,
  resourceOf,
  SCHEMAS,
  type ScimError,
  type ScimOperation,
  scimError,
  userSchema,
} from './messages.ts';
import { groupOf, memberIdsOf, personOf } from './resources.ts';

export type OperationResult = {
  method: string;
  bulkId?: string;
  location?: string;
  status: string;
  response?: ScimError;
};

export type ApplyContext = {
  caller: ScimCaller;
  stores: Pick<Stores, 'people' | 'groups' | 'audit' | 'outbox'>;
  locationOf(type: ResourceType, id: string): string;
  now: number;
};

/** Does one operation of a bulk request. What is wrong with it is its own result and harms no other. */
export async function applyOperation(context: ApplyContext, raw: unknown): Promise<OperationResult> {
  const parsed = operationSchema.safeParse(raw);
  if (!parsed.success) {
    const { method, bulkId } = echoOf(raw);
    return { method, ...bulkId, ...refused(400, problemsOf(parsed.error), 'invalidValue') };
  }
  const operation = parsed.data;
  const echo = { method: operation.method, ...(operation.bulkId ? { bulkId: operation.bulkId } : {}) };
  const { type, id } = resourceOf(operation.path);
  if (operation.method === 'DELETE') return { ...echo, ...(await remove(context, type, id)) };
  const kept = await (type === 'Users' ? keepUser : keepGroup)(context, operation, id);
  return { ...echo, ...kept };
}

type Answer = Omit<OperationResult, 'method' | 'bulkId'>;
type Writing = Extract<ScimOperation, { data: unknown }>;
type Kept = { mailChange?: MailChange } & (
  | { id: string; result: 'created' | 'updated' | 'unchanged' }
  | { result: 'notFound' | 'anchorChanged' }
);

async function keepUser(context: ApplyContext, { method, data }: Writing, named: string): Promise<Answer> {
  const user = userSchema.safeParse(data);
  if (!user.success) return refused(400, problemsOf(user.error), 'invalidValue');
  if (!isOwn(context, user.data[SCHEMAS.directory])) return refusedForest();
  const { stores, caller, now } = context;
  const person = personOf(user.data);
  const kept: Kept =
    method === 'POST'
      ? await stores.people.provision(caller.tenantId, person, now, caller.forests)
      : {
          id: named,
          ...(await stores.people.replace(caller.tenantId, named, person, now, caller.forests)),
        };
  if (kept.mailChange !== undefined && 'id' in kept) {
    const { tenantId, agentId: actorId } = caller;
    await tellFormerAddress(stores, kept.mailChange, { tenantId, personId: kept.id, actorId, now });
  }
  return answerTo(context, 'Users', kept);
}

async function keepGroup(context: ApplyContext, { method, data }: Writing, named: string): Promise<Answer> {
  const parsed = groupSchema.safeParse(data);
  if (!parsed.success) return refused(400, problemsOf(parsed.error), 'invalidValue');
  if (!isOwn(context, parsed.data[SCHEMAS.directoryGroup])) return refusedForest();
  const { stores, caller, now } = context;
  const group = groupOf(parsed.data);
  const members = memberIdsOf(parsed.data);
  const options = { forests: caller.forests, now };
  const kept: Kept =
    method === 'POST'
      ? await stores.groups.provision(caller.tenantId, group, members, options)
      : { id: named, result: await stores.groups.replace(caller.tenantId, named, group, members, options) };
  return answerTo(context, 'Groups', kept);
}

function isOwn({ caller }: ApplyContext, { forest }: { forest: string }): boolean {
  return caller.forests.includes(forest);
}

function refusedForest(): Answer {
  return refused(403, 'An agent provisions its own forests only.');
}

async function answerTo(context: ApplyContext, type: ResourceType, kept: Kept): Promise<Answer> {
  if (kept.result === 'notFound') return nobody(type);
  if (kept.result === 'anchorChanged')
    return refused(400, 'externalId cannot change: another one is another object.', 'mutability');
  if (!('id' in kept)) throw new TypeError('an object without an id');
  if (kept.result !== 'unchanged') await tell(context, type, kept.result, kept.id);
  return {
    status: kept.result === 'created' ? '201' : '200',
    location: context.locationOf(type, kept.id),
  };
}

async function remove(context: ApplyContext, type: ResourceType, id: string): Promise<Answer> {
  const { stores, caller, locationOf, now } = context;
  const { tenantId, forests } = caller;
  const removed =
    type === 'Users'
      ? await stores.people.remove(tenantId, id, forests, now)
      : await stores.groups.remove(tenantId, id, forests);
  if (!removed) return nobody(type);
  await tell(context, type, 'deleted', id);
  return { status: '204', location: locationOf(type, id) };
}

function nobody(type: ResourceType): Answer {
  return refused(404, `No such ${type === 'Users' ? 'user' : 'group'} in the forests of this agent.`);
}

const ACTIVITIES = {
  Users: { created: 'addUser', updated: 'updateUser', deleted: 'deleteUser' },
  Groups: { created: 'addGroup', updated: 'updateGroup', deleted: 'deleteGroup' },
} as const;

async function tell(
  { stores, caller, now }: ApplyContext,
  type: ResourceType,
  what: 'created' | 'updated' | 'deleted',
  id: string,
): Promise<void> {
  await stores.audit.append({
    tenantId: caller.tenantId,
    at: now,
    activity: ACTIVITIES[type][what],
    result: 'success',
    ...(type === 'Users' ? { personId: id } : { groupId: id }),
    actorId: caller.agentId,
  });
}

function refused(status: number, detail: string, scimType?: string): Answer {
  return { status: String(status), response: scimError(status, detail, scimType) };
}

/** What a broken operation says of itself, so that its sender can tell which one it was. */
function echoOf(raw: unknown): { method: string; bulkId: { bulkId?: string } } {
  const { method, bulkId } = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  return {
    method: typeof method === 'string' ? method.slice(0, 16) : '',
    bulkId: typeof bulkId === 'string' ? { bulkId: bulkId.slice(0, 256) } : {},
  };
}
