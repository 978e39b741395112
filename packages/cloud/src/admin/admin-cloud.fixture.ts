/** A whole cloud with its real agents' side, administrators with authenticators, and machines that enrol at it. */
import { TOTP, Secret as TotpSecret } from 'otpauth';
import { openAgents } from '../agents/agents.ts';
import type { EnrolsAt } from '../agents/enrolling-machine.fixture.ts';
import { createEnrolmentToken } from '../agents/enrolment-tokens.ts';
import { storeOn } from '../store/store.ts';
import { type Answer, Browser } from '../testing/browser.ts';
import { startTestCloud } from '../testing/test-cloud.ts';
import { DEFAULT_LIMITS } from '../verify/throttle/limits.ts';
import type { AccountDeps } from './admin-deps.ts';
import { createAdministrator, disableAdministrator } from './manage-administrators.ts';
import { passwordHasher } from './password-hash.ts';

const PASSWORD = 'a plain long password';

export async function startAdminCloud() {
  const cloud = await startTestCloud({ openAgents });
  const accounts: AccountDeps = {
    store: storeOn(cloud.database, DEFAULT_LIMITS),
    secrets: cloud.secrets,
    hasher: passwordHasher(),
    tenant: { id: cloud.tenantId, name: 'Example Corporation' },
    clock: () => cloud.clock.now,
    log: { info: () => {}, warn: () => {} } as unknown as AccountDeps['log'],
  };
  const enrolsAt: EnrolsAt = {
    ...{ url: cloud.url, issuer: 'http://localhost', clock: cloud.clock },
    async newToken() {
      const { token } = await createEnrolmentToken(accountsOf(), cloud.tenantId);
      return token.reveal();
    },
  };
  const accountsOf = () => ({ ...accounts, database: cloud.database });

  const browserOf = (userName: string, totp: TOTP) => {
    const browser = new Browser(() => cloud.url);
    const one = {
      ...{ userName, totp, browser, lastCode: '' },
      disable: () => disableAdministrator(accounts, userName),
      givePassword: (password = PASSWORD) => browser.post('/admin/sign-in', { userName, password }),
      /** the authenticator's next code: each works once */
      nextCode() {
        cloud.clock.now += 30_000;
        one.lastCode = totp.generate({ timestamp: cloud.clock.now });
        return one.lastCode;
      },
      giveCode: () => browser.post('/admin/sign-in/code', { code: one.nextCode() }),
      async signIn(): Promise<Answer> {
        await one.givePassword();
        return one.giveCode();
      },
      approve(path: string, ending: string, wrong: { password?: string; code?: string } = {}) {
        const { password = PASSWORD } = wrong;
        return browser.post(path, { ending, password, code: wrong.code ?? one.nextCode() });
      },
      /** both gates once more, where no machine has to be looked at */
      confirm(path: string, wrong: { password?: string; code?: string } = {}) {
        return browser.post(path, { password: PASSWORD, code: wrong.code ?? one.nextCode(), ...wrong });
      },
    };
    return one;
  };

  return {
    ...enrolsAt,
    cloud,
    async newAdministrator(userName: string, mail?: string) {
      const made = await createAdministrator(accounts, { userName, mail, password: PASSWORD });
      if (made.kind === 'refused') throw new Error(made.problem);
      const seed = new URL(made.otpauthUri.reveal()).searchParams.get('secret') ?? '';
      return browserOf(userName, new TOTP({ secret: TotpSecret.fromBase32(seed) }));
    },
    /** the same administrator at another browser */
    newBrowserFor: async ({ userName, totp }: { userName: string; totp: TOTP }) => browserOf(userName, totp),
    [Symbol.asyncDispose]: () => cloud[Symbol.asyncDispose](),
  };
}

export type AdminCloud = Awaited<ReturnType<typeof startAdminCloud>>;

/** what is typed from the terminal of a machine */
export function endingOf({ fingerprint }: { fingerprint: string }): string {
  return fingerprint.replaceAll('-', '').slice(-6);
}
