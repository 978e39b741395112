/** The cloud as one thing with a life: everything it is made of, put together, started and stopped. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Hono } from 'hono';
import { type LogEvent, sql } from 'kysely';
import type { Logger } from 'pino';
import type { AccountDeps, AdminDeps } from './admin/admin-deps.ts';
import { administratorControl } from './admin/control-routes.ts';
import { passwordHasher } from './admin/password-hash.ts';
import { adminRoutes } from './admin/routes.ts';
import { LONGEST_SESSION } from './admin/session.ts';
import type { Onboarding } from './agents/onboarding.ts';
import { inBackground } from './background.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { serveControl } from './control-socket.ts';
import { codeSubjectOf } from './flows/reset/code-subject.ts';
import type { ResetDeps } from './flows/reset/reset-deps.ts';
import { resolvePending } from './flows/reset/resolve-pending.ts';
import { resetRoutes } from './flows/reset/routes.ts';
import type { Writeback } from './flows/reset/writeback.ts';
import { httpApp } from './http/app.ts';
import { listen, type Upgrade } from './http/listen.ts';
import { deliverOutbox } from './mail/deliver-outbox.ts';
import type { MailSender } from './mail/mail-sender.ts';
import { portalAssets } from './portal/assets.ts';
import { siteOf } from './portal/site.ts';
import type { AgentTokens } from './scim/agent-tokens.ts';
import { scimRoutes } from './scim/routes.ts';
import { openMasterKey } from './secrets/master-key.ts';
import { deriveSecrets, type Secrets } from './secrets/secrets.ts';
import { backupControl } from './store/backup.ts';
import type { Database, OpenStore } from './store/database.ts';
import { readEpoch } from './store/epoch.ts';
import { migrate } from './store/migrate.ts';
import { openSqlite } from './store/sqlite.ts';
import { storeOn } from './store/store.ts';
import { openTenant, type Tenant } from './tenant/tenant-store.ts';
import { CodeSender } from './verify/email-code/send-codes.ts';
import { type Limits, limitsOf } from './verify/throttle/limits.ts';

/** What the agents' side gives: the only way from here to a directory. */
export type AgentsPart = {
  /** under `/agents`, for agents */
  routes: Hono;
  /** for commands on the cloud's own machine */
  control: Hono;
  /** every WebSocket upgrade of the cloud's port */
  upgrade: Upgrade;
  writeback: Writeback;
  tokens: AgentTokens;
  /** for administrators */
  onboarding: Onboarding;
  status: AdminDeps['status'];
  stop(): void | Promise<void>;
};

export type CloudDeps = {
  openAgents(
    given: OpenStore & {
      secrets: Secrets;
      tenant: Tenant;
      publicUrl: string;
      clock: Clock;
      log: Logger;
      /** ms that an order may keep a page waiting */
      patience: number;
      requireToken: boolean;
      limits: Limits;
    },
  ): Promise<AgentsPart>;
  mail: MailSender;
  /** the script that seals passwords in browsers, bundled: buildIslands in build.ts */
  islands: { sealPassword: string };
  clock: Clock;
  log: Logger;
  /** hears every statement that the store runs */
  onQuery?: (event: LogEvent) => void;
};

export type Cloud = {
  /** on which it listens */
  port: number;
  /** stops sending codes, fetching answers and delivering mails, and goes on serving */
  stopBackground(): Promise<void>;
  stop(): Promise<void>;
};

const DAY = 86_400_000;
/** entries of the audit log that one cleaning deletes: the next one goes on */
const MOST_FORGOTTEN = 50_000;

/** @throws {CloudError} what keeps it from starting; nothing is left open then */
export async function startCloud(config: Config, deps: CloudDeps): Promise<Cloud> {
  const { clock, log, mail } = deps;
  await using opened = new AsyncDisposableStack();
  await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
  const masterKey = await openMasterKey(config.masterKeyFile);
  if (masterKey.created)
    log.info({ file: config.masterKeyFile }, 'a master key was made; keep a copy of it safe');
  const opens = openSqlite(join(config.dataFolder, 'cloud.db'), deps.onQuery && { log: deps.onQuery });
  const { database } = opens;
  opened.defer(() => database.destroy());
  const migrations = await migrate(database, clock);
  if (migrations.length > 0) log.info({ migrations }, 'the store was brought up to date');
  const secrets = deriveSecrets(masterKey.key, await readEpoch(database));
  const tenant = await openTenant(database, secrets, config.tenant.name, clock());
  const limits = limitsOf(config.limits);
  const store = storeOn(database, limits);

  const { publicUrl, timings } = config;
  const patience = timings.answerSeconds * 1000;
  const agents = await deps.openAgents({
    ...{ ...opens, secrets, tenant, publicUrl, clock, log, patience, limits },
    requireToken: config.agents.requireToken,
  });
  const stopAgents = once(() => agents.stop());
  opened.defer(stopAgents);

  const { ticket, checkSealed } = agents.writeback;
  const assets = portalAssets(ticket && checkSealed && deps.islands.sealPassword);
  const site = siteOf({ ...config.tenant, publicUrl: config.publicUrl }, assets);
  opened.defer(() => mail.close?.());
  const sender = new CodeSender({
    ...{ store, secrets, mail, site, clock, log },
    codeSeconds: timings.codeSeconds,
    freshAddresses: config.tenant.freshAddresses,
    subjectOf: (flowId) => codeSubjectOf({ store, secrets, clock }, flowId),
  });
  opened.defer(() => sender.idle());
  const codes = inBackground({ name: 'codes', everyMs: 2_000, log, work: () => sender.run() });
  const outbox = inBackground({
    ...{ name: 'outbox', everyMs: 15_000, log },
    work: () => deliverOutbox({ store, mail, site, clock, log }),
  });
  const reset: ResetDeps = {
    ...{ store, secrets, clock, tenant, site, timings, log },
    writeback: agents.writeback,
    since: clock(),
    wakeCodeSender: codes.wake,
    // The person's page comes first; a confirmation may take a moment.
    wakeOutbox: () => void setTimeout(outbox.wake, 250).unref(),
  };
  const pending = inBackground({ name: 'answers', everyMs: 1_000, log, work: () => resolvePending(reset) });
  const cleaning = inBackground({
    ...{ name: 'cleaning', everyMs: 600_000, log },
    async work() {
      await store.flows.purge(clock() - timings.keepFlowsSeconds * 1000);
      await store.throttle.purge(clock());
      await store.sessions.purge(clock() - LONGEST_SESSION);
      await agents.onboarding.purge();
      await store.audit.purge(tenant.id, clock() - config.auditDays * DAY, MOST_FORGOTTEN);
    },
  });
  // Codes that were being mailed when the process ended: nobody else has them now.
  await store.codes.reclaim(clock() + 1);

  const accounts: AccountDeps = { store, secrets, hasher: passwordHasher(), tenant, clock, log };
  const admin = {
    ...accounts,
    site,
    onboarding: agents.onboarding,
    status: agents.status,
    wakeOutbox: outbox.wake,
  };
  const app = httpApp({
    ...{ config, site, log },
    assets: assets.routes,
    portal: resetRoutes(reset).route('/', adminRoutes(admin)),
    machines: {
      '/agents': agents.routes,
      '/scim/v2': scimRoutes({ store, tokens: agents.tokens, clock, publicUrl, log }),
    },
    isHealthy: () => answers(database),
  });
  const commands = new Hono()
    .route('/', agents.control)
    .route('/administrators', administratorControl(accounts))
    .route('/backup', backupControl({ database, tenant, clock }));
  const control = await serveControl(config.dataFolder, commands);
  opened.defer(() => control.close());
  const background = [codes, outbox, pending, cleaning];
  const stopBackground = async () => {
    await Promise.all(background.map((work) => work.stop()));
  };
  for (const work of background) work.start();
  opened.defer(stopBackground);
  const server = await listen(app, agents.upgrade, config);
  opened.defer(async () => {
    // Orders under way need the agents' links for their answers: pages first, links after.
    await server.drain();
    await stopAgents();
    await server.close();
  });
  log.info({ publicUrl, port: server.port }, 'the cloud is ready');

  const life = opened.move();
  return { port: server.port, stopBackground, stop: () => life.disposeAsync() };
}

function once(work: () => void | Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= Promise.resolve(work());
    return done;
  };
}

async function answers(database: Database): Promise<boolean> {
  try {
    await sql`select 1`.execute(database);
    return true;
  } catch {
    return false;
  }
}
