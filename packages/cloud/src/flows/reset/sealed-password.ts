/** Passwords that a browser sealed: the ticket it gets for that, and what it sends back. */
import { type Bytes, fromBase64url } from '@homeward/protocol/bytes';
import {
  BUCKETS,
  INNER_HEAD_SIZE,
  MAX_RECIPIENTS,
  NONCE_SIZE,
  RECIPIENT_SIZE,
  TAG_SIZE,
} from '@homeward/protocol/inner-envelope';
import { type Form, readForm } from '../../http/form.ts';
import type { HttpContext } from '../../http/http-context.ts';
import { malformedPage } from '../../portal/error-pages.ts';
import { LOCATION, showWhereItIs } from './answer-directly.ts';
import { downPage } from './down-page.ts';
import type { ResetFlow } from './flow.ts';
import { orderReset } from './order-reset.ts';
import type { ResetDeps } from './reset-deps.ts';
import { flowOfForm, PATHS, pathOf } from './steps.ts';
import type { SealedPassword } from './writeback.ts';

const MAX_TICKET = 4_096;

/** base64url lengths of all envelopes that there are: one or two recipients, three sizes. */
const SEALED_LENGTHS: ReadonlySet<number> = new Set(
  Array.from({ length: MAX_RECIPIENTS }, (_, index) => INNER_HEAD_SIZE + RECIPIENT_SIZE * (index + 1))
    .flatMap((slots) => BUCKETS.map((bucket) => slots + NONCE_SIZE + bucket + TAG_SIZE))
    .map((size) => Math.ceil((size * 4) / 3)),
);

const STATES = ['proving', 'choosing', 'ordered', 'done', 'failed'] as const;

/** JSON, and 409 with the place to go where the flow of this browser is elsewhere. */
export async function giveTicket(context: HttpContext, deps: ResetDeps): Promise<Response> {
  context.header('cache-control', 'no-store');
  // Whatever page is answered here, loading it again asks for the one with the password.
  context.header(LOCATION, PATHS.password);
  const form = await readForm(context.req.raw);
  if (typeof form === 'string') return malformedPage(context, deps.site, form);
  const flow = await flowOfForm(context, deps, form, ...STATES);
  if (flow instanceof Response) return flow;
  if (flow.state !== 'choosing') return context.json({ location: pathOf(flow) }, 409);
  const ticket = await deps.writeback.ticket?.({ flowId: flow.id, personId: flow.personId ?? '' });
  if (ticket === undefined) return downPage(context, deps, PATHS.password, flow);
  return context.json({ ...ticket, ticket: forAttempt(flow, ticket.ticket) });
}

export async function takeSealed(
  context: HttpContext,
  deps: ResetDeps,
  flow: ResetFlow,
  form: Form,
): Promise<Response> {
  const read = readSealed(form);
  if (read === undefined) return malformedPage(context, deps.site, 'malformed');
  const { attempt, sealed } = read;
  const asked = { flowId: flow.id, personId: flow.personId ?? '', sealed };
  const check = deps.writeback.checkSealed?.(asked) ?? 'refused';
  if (check === 'refused') return malformedPage(context, deps.site, 'malformed');
  // Its attempt has been ordered before, whatever came of it: the same post a second time.
  if (attempt !== flow.attempt) return showWhereItIs(context, deps);
  if (check === 'staleRecipients') return context.json({ error: check }, 409);
  await orderReset(deps, flow, { sealed }, context.get('clientAddress'));
  return showWhereItIs(context, deps);
}

/** A ticket is good for the next order of its flow, and for no later one. */
function forAttempt({ attempt }: ResetFlow, ticket: string): string {
  return `${attempt}:${ticket}`;
}

function readSealed(form: Form): { attempt: number; sealed: SealedPassword } | undefined {
  const [, attempt, ticket] = /^(\d{1,6}):(.+)$/.exec((form.text('ticket') ?? '').slice(0, MAX_TICKET)) ?? [];
  const inner = readInner(form.text('sealed') ?? '');
  if (ticket === undefined || inner === undefined) return undefined;
  return { attempt: Number(attempt), sealed: { ticket, inner } };
}

function readInner(text: string): Bytes | undefined {
  if (!SEALED_LENGTHS.has(text.length)) return undefined;
  try {
    return fromBase64url(text);
  } catch {
    return undefined;
  }
}
