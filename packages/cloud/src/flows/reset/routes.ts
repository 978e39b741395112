import { Hono } from 'hono';
import type { HttpEnv } from '../../http/http-context.ts';
import { showUserId, submitUserId } from './ask-user-id.ts';
import { submitPassword } from './choose-password.ts';
import { askNewCode, showCode, submitCode } from './prove-code.ts';
import type { ResetDeps } from './reset-deps.ts';
import { giveTicket } from './sealed-password.ts';
import { showOutcome } from './show-outcome.ts';
import { showPassword } from './show-password.ts';
import { PATHS } from './steps.ts';

export function resetRoutes(deps: ResetDeps): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get(PATHS.userId, (context) => showUserId(context, deps))
    .post(PATHS.userId, (context) => submitUserId(context, deps))
    .get(PATHS.code, (context) => showCode(context, deps))
    .post(PATHS.code, (context) => submitCode(context, deps))
    .post(PATHS.newCode, (context) => askNewCode(context, deps))
    .get(PATHS.password, (context) => showPassword(context, deps))
    .post(PATHS.password, (context) => submitPassword(context, deps))
    .post(PATHS.ticket, (context) => giveTicket(context, deps))
    .get(PATHS.done, (context) => showOutcome(context, deps));
}
