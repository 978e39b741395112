/** A whole cloud in this process, on a free port, with a mail server and an agents' side that tests hold in hand. */
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Outcome } from '@homeward/protocol/outcome';
import { Hono } from 'hono';
import type { LogEvent } from 'kysely';
import { type Logger, pino } from 'pino';
import { buildIslands } from '../../build.ts';
import { AgentRegistry } from '../agents/agent-registry.ts';
import { onboardingOf } from '../agents/onboarding.ts';
import { nameIn } from '../agents/prover.fixture.ts';
import { StatusWatch } from '../agents/status-watch.ts';
import { type AgentsPart, type Cloud, type CloudDeps, startCloud } from '../cloud.ts';
import { type Config, parseConfig } from '../config.ts';
import type { Pending, Writeback } from '../flows/reset/writeback.ts';
import type { Mail, MailSender } from '../mail/mail-sender.ts';
import { peopleStore } from '../people/people-store.ts';
import type { DirectoryPerson } from '../people/person.ts';
import type { AgentTokens } from '../scim/agent-tokens.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import { SealingAgents } from './sealing-agents.fixture.ts';

export const FOREST = 'S-1-5-21-10-20-30';

export const ANNA: DirectoryPerson = {
  forest: FOREST,
  externalId: 'YW5uYQ==',
  userName: 'anna.berg@corp.example.com',
  displayName: 'Anna Berg',
  givenName: 'Anna',
  familyName: 'Berg',
  mail: 'anna.berg@example.com',
  active: true,
  samAccountName: 'aberg',
  netbiosName: 'CORP',
  domain: 'corp.example.com',
  objectGuid: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
};

/** Somebody else, who has the same browser now and then. */
export const BEN: DirectoryPerson = {
  ...ANNA,
  externalId: 'YmVu',
  userName: 'ben@corp.example.com',
  mail: 'ben@example.com',
  displayName: 'Ben',
  samAccountName: 'ben',
};

export type Order = Parameters<Writeback['order']>[0];

export class FakeAgents {
  up = true;
  readonly sealing = new SealingAgents();
  /** the passwords of the orders as the agent gets them, whoever sealed them */
  readonly passwords: (string | undefined)[] = [];
  readonly #requestIds: string[] = [];
  readonly orders: Order[] = [];
  readonly requests = new Map<string, Outcome | Pending>();
  /** what the next orders end with; the last one stays */
  answers: (Outcome | Pending | Error)[] = [{ kind: 'applied' }];
  /** holds orders back until it resolves */
  gate: Promise<void> = Promise.resolve();
  /** of credentials by the names in them, see `askAsAgent` */
  tokens: AgentTokens['verify'] = async (token) =>
    token === 'agent-token' ? { agentId: 'agent', tenantId: this.tenantId, forests: [FOREST] } : undefined;
  tenantId = '';
  database: Database | undefined;
  /** WebSockets of agents, which stay open until the agents' side is stopped */
  readonly links: Duplex[] = [];

  readonly writeback: Writeback = {
    isUp: () => this.up,
    order: async (order) => {
      const granted = await this.database?.transaction().execute(async (on) => order.granting?.(on));
      if (granted === false) return { requestId: requestIdOf(0), outcome: { kind: 'pending' } };
      this.orders.push(order);
      const number = this.orders.length;
      const opened = order.sealed && (await this.sealing.open(order.sealed));
      const requestId = opened?.requestId ?? requestIdOf(number);
      this.#requestIds[number - 1] = requestId;
      this.passwords.push(opened?.password ?? order.password?.reveal());
      const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
      await this.gate;
      if (answer instanceof Error || answer === undefined) throw answer;
      this.requests.set(requestId, answer);
      return { requestId, outcome: answer };
    },
    ticket: (asked) => this.sealing.ticket(asked),
    checkSealed: (asked) => this.sealing.checkSealed(asked),
    find: async (requestId) => this.requests.get(requestId),
    findByFlow: async (flowId) => {
      const index = this.orders.findLastIndex((order) => order.flowId === flowId);
      const requestId = this.#requestIds[index] ?? requestIdOf(index + 1);
      const outcome = this.requests.get(requestId);
      return outcome && { requestId, outcome };
    },
  };
}

function requestIdOf(order: number): string {
  return `00000000-0000-4000-8000-${String(order).padStart(12, '0')}`;
}

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

type Opened = Parameters<CloudDeps['openAgents']>[0];

function agentsPart(agents: FakeAgents, opened: Opened): AgentsPart {
  const registry = new AgentRegistry(opened);
  const nobody = { isConnected: () => false, disconnect: () => {}, wasSeen: () => false, issuer: '' };
  return {
    onboarding: onboardingOf({ ...opened, ...nobody, registry }),
    status: new StatusWatch({
      ...{ ...opened, registry },
      relay: { ...nobody, send: () => 'offline', linksOf: () => 0 },
    }),
    routes: new Hono(),
    control: new Hono(),
    upgrade(_request, socket) {
      socket.write(SWITCHED);
      agents.links.push(socket);
    },
    writeback: agents.writeback,
    tokens: { verify: async (token) => agents.tokens(nameIn(token)) },
    stop() {
      for (const link of agents.links.splice(0)) link.end();
    },
  };
}

export class FakeMailServer implements MailSender {
  readonly taken: Mail[] = [];
  /** refusals still to come */
  refusing = 0;
  #waiting: (() => void)[] = [];

  async send(mail: Mail): Promise<void> {
    if (this.refusing-- > 0) throw Object.assign(new Error('try later'), { code: 'EENVELOPE' });
    this.taken.push(mail);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** the mail with this number, from 1, once it has come */
  async nth(number: number): Promise<Mail> {
    for (;;) {
      const mail = this.taken[number - 1];
      if (mail) return mail;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** What `sending` leads to: the next mail that has a code. One about an earlier reset may come before it. */
export async function nextCode<T>(mail: FakeMailServer, sending: () => Promise<T>): Promise<[T, string]> {
  const before = mail.taken.length;
  const sent = await sending();
  for (let number = before + 1; ; number++) {
    const code = codeIn(await mail.nth(number));
    if (code !== '') return [sent, code];
  }
}

export function codeIn(mail: Mail): string {
  return /^ {4}(\d{6})$/m.exec(mail.text)?.[1] ?? '';
}

export type TestCloud = AsyncDisposable & {
  url: string;
  config: Config;
  agents: FakeAgents;
  mail: FakeMailServer;
  clock: { now: number };
  database: Database;
  secrets: Secrets;
  tenantId: string;
  logged: string[];
  /** hears every statement that the store runs */
  onQuery: (event: LogEvent) => void;
  /** stops what goes on beside the requests */
  stopBackground(): Promise<void>;
  stop(): Promise<void>;
  /** starts a second one beside it */
  startAnother(config: Config): Promise<Cloud>;
  /** stops it and starts it again on the same data */
  restart(): Promise<void>;
};

export async function startTestCloud(
  options: {
    config?: Record<string, unknown>;
    people?: readonly DirectoryPerson[];
    /** how long pages wait, also for less than could be configured */
    answerSeconds?: number;
    /** false: codes are not sent, answers not fetched, mails not delivered */
    background?: boolean;
    /** instead of the agents' side that tests hold in hand */
    openAgents?: CloudDeps['openAgents'];
  } = {},
): Promise<TestCloud> {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'hw-'));
  const parsed = parseConfig(
    {
      listen: { host: '127.0.0.1', port: 0 },
      publicUrl: 'http://localhost',
      dataFolder: 'data',
      masterKeyFile: 'master.key',
      tenant: { name: 'Example Corporation', supportContact: 'Service desk, extension 4357' },
      mail: { host: '127.0.0.1', port: 25, from: 'reset@example.com' },
      ...options.config,
    },
    folder.path,
  );
  const { answerSeconds = parsed.timings.answerSeconds } = options;
  const config = { ...parsed, timings: { ...parsed.timings, answerSeconds } };
  const agents = new FakeAgents();
  const mail = new FakeMailServer();
  const clock = { now: Date.UTC(2026, 10, 14, 9, 30) };
  const logged: string[] = [];
  const log: Logger = pino(
    { level: 'debug', base: null },
    { write: (line: string) => void logged.push(line) },
  );
  let given: { database: Database; secrets: Secrets; tenant: { id: string } } | undefined;
  let cloud: Cloud;
  const islands = await buildIslands();
  const deps: CloudDeps = {
    islands,
    async openAgents(opened) {
      given = opened;
      agents.tenantId = opened.tenant.id;
      agents.database = opened.database;
      agents.sealing.tenantId = opened.tenant.id;
      agents.sealing.clock = opened.clock;
      return options.openAgents?.(opened) ?? agentsPart(agents, opened);
    },
    mail,
    clock: () => clock.now,
    log,
    onQuery: (event) => running.onQuery(event),
  };
  const start = async () => {
    cloud = await startCloud(config, deps);
    if (options.background === false) await cloud.stopBackground();
  };
  const now = () => {
    if (!given) throw new Error('the cloud was not started');
    return given;
  };
  const running: TestCloud = {
    get url() {
      return `http://127.0.0.1:${cloud.port}`;
    },
    get database() {
      return now().database;
    },
    get secrets() {
      return now().secrets;
    },
    get tenantId() {
      return now().tenant.id;
    },
    config,
    agents,
    mail,
    clock,
    logged,
    onQuery: () => {},
    stopBackground: () => cloud.stopBackground(),
    stop: () => cloud.stop(),
    startAnother: (another) => startCloud(another, deps),
    async restart() {
      await cloud.stop();
      await start();
    },
    async [Symbol.asyncDispose]() {
      await cloud.stop();
      folder.remove();
    },
  };
  await start();
  for (const person of options.people ?? [ANNA]) {
    await peopleStore(now().database).provision(now().tenant.id, person, clock.now);
  }
  return running;
}
