import type { EnrolledForest } from '@homeward/protocol/enrolment';
import type { DecideDeps } from './decide-device.ts';
import { requestOf } from './device-authorization.ts';

/** A machine that was approved and whose command has not come for its enrolment. */
export type ApprovedMachine = {
  id: string;
  name: string;
  forests: EnrolledForest[];
  /** Unix ms: until then it may come */
  expiresAt: number;
};

/** The oldest first. An agent is made only when its machine comes, so none of these is one. */
export async function approvedMachines(deps: DecideDeps): Promise<ApprovedMachine[]> {
  const { database, secrets, tenant, clock } = deps;
  const rows = await database
    .selectFrom('deviceAuthorization')
    .select(['id', 'requestSealed', 'expiresAt'])
    .where('tenantId', '=', tenant.id)
    .where('state', '=', 'approved')
    .where('expiresAt', '>', clock())
    .orderBy('expiresAt')
    .execute();
  return rows.map((row) => {
    const { name, forests } = requestOf(secrets, row);
    return { id: row.id, name, forests, expiresAt: row.expiresAt };
  });
}
