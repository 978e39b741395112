import type { AdminDeps } from './admin-deps.ts';

/** Whether whoever is signed in is the only administrator who may: nobody else could give a second word. */
export async function isOnlyOne({ store, tenant }: Pick<AdminDeps, 'store' | 'tenant'>): Promise<boolean> {
  const all = await store.administrators.all(tenant.id);
  return all.filter(({ disabledAt }) => disabledAt === null).length === 1;
}
