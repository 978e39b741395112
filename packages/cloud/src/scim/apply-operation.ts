import type { DirectoryPerson } from '../people/person.ts';
import type { Stores } from '../store/store.ts';
import type { ScimCaller } from './agent-tokens.ts';
import {
  idIn,
  operationSchema,
  problemsOf,
  SCHEMAS,
  type ScimError,
  type ScimOperation,
  type ScimUser,
  scimError,
  userSchema,
} from './messages.ts';

export type OperationResult = {
  method: string;
  bulkId?: string;
  location?: string;
  status: string;
  response?: ScimError;
};

export type ApplyContext = {
  caller: ScimCaller;
  stores: Pick<Stores, 'people' | 'audit'>;
  locationOf(personId: string): string;
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
  if (operation.method === 'DELETE') return { ...echo, ...(await remove(context, operation)) };

  const user = userSchema.safeParse(operation.data);
  if (!user.success) return { ...echo, ...refused(400, problemsOf(user.error), 'invalidValue') };
  if (user.data[SCHEMAS.directory].forest !== context.caller.forestSid) {
    return { ...echo, ...refused(403, 'An agent provisions its own forest only.') };
  }
  const person = personOf(user.data);
  return {
    ...echo,
    ...(operation.method === 'POST'
      ? await provision(context, person)
      : await replace(context, operation, person)),
  };
}

type Answer = Omit<OperationResult, 'method' | 'bulkId'>;

async function provision(context: ApplyContext, person: DirectoryPerson): Promise<Answer> {
  const { stores, caller, now, locationOf } = context;
  const { id, result } = await stores.people.provision(caller.tenantId, person, now);
  if (result !== 'unchanged') await tell(context, result === 'created' ? 'addUser' : 'updateUser', id);
  return { status: result === 'created' ? '201' : '200', location: locationOf(id) };
}

async function replace(
  context: ApplyContext,
  { path }: ScimOperation,
  person: DirectoryPerson,
): Promise<Answer> {
  const { stores, caller, now, locationOf } = context;
  const id = idIn(path);
  const result = await stores.people.replace(caller.tenantId, id, person, now);
  if (result === 'notFound') return refused(404, 'No such user in this forest.');
  if (result === 'anchorChanged') {
    return refused(400, 'externalId cannot change: another one is another person.', 'mutability');
  }
  if (result === 'updated') await tell(context, 'updateUser', id);
  return { status: '200', location: locationOf(id) };
}

async function remove(context: ApplyContext, { path }: ScimOperation): Promise<Answer> {
  const { stores, caller, locationOf } = context;
  const id = idIn(path);
  if (!(await stores.people.remove(caller.tenantId, id, caller.forestSid))) {
    return refused(404, 'No such user in this forest.');
  }
  await tell(context, 'deleteUser', id);
  return { status: '204', location: locationOf(id) };
}

async function tell(
  { stores, caller, now }: ApplyContext,
  activity: 'addUser' | 'updateUser' | 'deleteUser',
  personId: string,
): Promise<void> {
  const { tenantId, agentId } = caller;
  await stores.audit.append({ tenantId, at: now, activity, result: 'success', personId, actorId: agentId });
}

function refused(status: number, detail: string, scimType?: string): Answer {
  return { status: String(status), response: scimError(status, detail, scimType) };
}

function personOf(user: ScimUser): DirectoryPerson {
  const directory = user[SCHEMAS.directory];
  const mail = user.emails?.find((email) => email.primary) ?? user.emails?.[0];
  return {
    forest: directory.forest,
    externalId: user.externalId,
    userName: user.userName,
    displayName: user.displayName ?? null,
    givenName: user.name?.givenName ?? null,
    familyName: user.name?.familyName ?? null,
    mail: mail?.value ?? null,
    active: user.active,
    samAccountName: directory.samAccountName ?? null,
    netbiosName: directory.netbiosName ?? null,
    domain: directory.domain ?? null,
    objectGuid: directory.objectGuid?.toLowerCase() ?? null,
  };
}

/** What a broken operation says of itself, so that its sender can tell which one it was. */
function echoOf(raw: unknown): { method: string; bulkId: { bulkId?: string } } {
  const { method, bulkId } = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  return {
    method: typeof method === 'string' ? method.slice(0, 16) : '',
    bulkId: typeof bulkId === 'string' ? { bulkId: bulkId.slice(0, 256) } : {},
  };
}
