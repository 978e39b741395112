import { Hono } from 'hono';
import { z } from 'zod';
import type { Onboarding } from './onboarding.ts';

const nameShape = z.strictObject({ agent: z.string().min(1) });

/** `/agents` on the control socket: the way in where no administrator can sign in. */
export function onboardingControl(onboarding: Onboarding): Hono {
  return new Hono()
    .get('/', async (context) => context.json({ agents: await onboarding.agents() }))
    .post('/revoke', async (context) => {
      const { agent } = nameShape.parse(await context.req.json());
      const agents = await onboarding.agents();
      const named = agents.filter(
        ({ id, name, status }) => id === agent || (name === agent && status !== 'revoked'),
      );
      const [only, another] = named;
      if (only === undefined) {
        const message = 'No agent has this id or name. See them all with: homeward-cloud agent list';
        return context.json({ message }, 404);
      }
      if (another !== undefined) {
        const message = `${named.length} agents have this name. Name one by its id: ${named.map(({ id }) => id).join(', ')}`;
        return context.json({ message }, 409);
      }
      return context.json({ id: only.id, name: only.name, revoked: await onboarding.revoke(only.id) });
    });
}
