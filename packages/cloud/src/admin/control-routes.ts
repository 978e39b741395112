import { Hono } from 'hono';
import { z } from 'zod';
import type { AccountDeps } from './admin-deps.ts';
import { askEvents, type EventsProblem } from './ask-events.ts';
import { type AuditProblem, askAudit } from './audit-query.ts';
import {
  type CreateProblem,
  createAdministrator,
  disableAdministrator,
  listAdministrators,
  MIN_PASSWORD,
} from './manage-administrators.ts';

const PROBLEMS: Record<CreateProblem, string> = {
  userNameMalformed:
    'The user name must have 2 to 64 characters: small letters, digits, and . _ - @ after the first. Choose another.',
  mailMalformed: 'That is no mail address. Give one like anna.berg@example.com, or none.',
  passwordTooShort: `The password must have ${MIN_PASSWORD} or more characters. Choose a longer one, or none: then one is made.`,
  passwordTooLong: 'The password is longer than 256 characters. Choose a shorter one.',
  passwordHasUserName: 'The password contains the user name. Choose another.',
  inDirectory:
    'Somebody in the directory has this name. People that an agent describes cannot be administrators here: who rules the directory would rule this cloud. Choose a name that is used here alone, such as admin-anna.',
  exists: 'There is an administrator of this name. Choose another, or disable that account first.',
  busy: 'Too many sign-ins are being checked just now. Try again in a minute.',
};

const EVENTS_PROBLEMS: Record<EventsProblem, string> = {
  agentUnknown: '--agent: no agent has this id or name. See them all with: homeward-cloud agent list',
  eventMalformed: '--event: must be event ids, such as 31004,31005',
  sinceMalformed: '--since: must be a time',
  placeMalformed: 'before: must be a place in the list of events',
};

const AUDIT_PROBLEMS: Record<AuditProblem, string> = {
  flowMalformed: '--flow: must be a support code such as 4D33-385A, or its first four characters',
  personUnknown:
    '--person: no person or administrator has this name. Give a user ID such as anna.berg@example.com; of somebody who was deleted, the id',
  activityUnknown: '--activity: must be names of topics or activities',
  sinceMalformed: '--since: must be a time',
  placeMalformed: 'after: must be a place in the audit log',
};

const createShape = z.strictObject({
  userName: z.string(),
  mail: z.string().optional(),
  password: z.string().optional(),
});
const nameShape = z.strictObject({ userName: z.string() });

/** `/administrators` on the control socket: for whoever owns the data folder. Bodies are never logged. */
export function administratorControl(deps: AccountDeps): Hono {
  return new Hono()
    .get('/', async (context) => context.json({ administrators: await listAdministrators(deps) }))
    .get('/events', async (context) => {
      const typed = (name: string) => (context.req.query(name) ?? '').trim();
      const asked = { agent: typed('agent'), event: typed('event'), before: typed('before') };
      const { agentEvents } = deps.store;
      const answer = await askEvents(agentEvents, deps.tenant.id, { ...asked, since: typed('since') }, 1_000);
      if (!('problems' in answer)) return context.json(answer);
      const message = answer.problems.map((problem) => EVENTS_PROBLEMS[problem]).join('\n');
      return context.json({ message }, 400);
    })
    .get('/audit', async (context) => {
      const typed = (name: string) => (context.req.query(name) ?? '').trim();
      const asked = { flow: typed('flow'), person: typed('person'), activity: typed('activity') };
      const { auditReader } = deps.store;
      const query = { ...asked, since: typed('since'), after: typed('after') };
      const answer = await askAudit(auditReader, deps.tenant.id, query, 1_000);
      if (!('problems' in answer)) return context.json(answer);
      const message = answer.problems.map((problem) => AUDIT_PROBLEMS[problem]).join('\n');
      return context.json({ message }, 400);
    })
    .post('/', async (context) => {
      const asked = createShape.parse(await context.req.json());
      const made = await createAdministrator(deps, asked);
      if (made.kind === 'refused') return context.json({ message: PROBLEMS[made.problem] }, 400);
      return context.json({
        userName: made.userName,
        password: made.password?.reveal(),
        otpauthUri: made.otpauthUri.reveal(),
      });
    })
    .post('/disable', async (context) => {
      const { userName } = nameShape.parse(await context.req.json());
      const left = await disableAdministrator(deps, userName);
      if (left === undefined) {
        const message =
          'No administrator of this name can sign in. See them all with: homeward-cloud admin list';
        return context.json({ message }, 404);
      }
      return context.json({ left });
    });
}
