import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Directory, Prepared } from '@homeward/active-directory';
import { type Bytes, sha256 } from '@homeward/protocol/bytes';
import { encodeOffer, type Offer } from '@homeward/protocol/control';
import type { FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { FLAGS, type Operation } from '@homeward/protocol/operation';
import type { Outcome } from '@homeward/protocol/outcome';
import { type PackageContents, pack, unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import { verifyReply } from '@homeward/protocol/reply';
import { encodeRequest } from '@homeward/protocol/request';
import { importRecipient, seal } from '@homeward/protocol/seal';
import { vi } from 'vitest';
import { type KeyRing, loadKeys, makeKeys } from '../keys/key-store.ts';
import { type Journal, openJournal } from './journal.ts';
import type { LocalRules } from './local-rules.ts';
import { openWriteback, type Writeback } from './writeback.ts';

export const typed = 'Correct horse 7 battery';
export const minute = 60_000;
/** for what comes at once, on a machine that may do something else for a while */
export const LIMIT = { timeout: 15_000 };
export const forest = 'S-1-5-21-1-2-3';
const guid = 'the-guid';

export type Changes = {
  issued?: number;
  expires?: number;
  frameExpires?: number;
  operation?: Operation;
  cloudAnchor?: string;
  sealedFor?: string;
  requestId?: string;
};

export type Asked = { requestId: string; frame: Uint8Array; sealedDigest: Uint8Array | undefined };

// Each opens with new keys of 2048 bits and a journal on disk.
vi.setConfig({ hookTimeout: 60_000 });

/** An agent's writeback between a made-up directory and a cloud that packs and reads frames as the true one does. */
export class AgentSide {
  readonly tenantId = newId();
  readonly agentId = newId();
  readonly person = newId();
  /** who is in another forest than this agent's */
  readonly stranger = newId();
  readonly folder = mkdtempSync(join(tmpdir(), 'homeward-agent-'));
  /** others with an account here */
  alsoKnown: ReadonlySet<string> = new Set();
  now = 1_800_000_000_000;
  monotonic = 0;
  outcome: Outcome = { kind: 'applied', evidence: { kind: 'answer', versionBefore: 3, versionAfter: 4 } };
  before = { controller: 'dc1.corp.example.com', versionBefore: 3 };
  written: string[] = [];
  logged: string[] = [];
  /** frames that left, and whether a link takes them */
  sent: Uint8Array[] = [];
  isLinked = true;
  countPeople = () => 40;
  /** SIDs of forests beside `forest`, from the next start on */
  otherForests: readonly string[] = [];
  /** what happened, in order: frames and disk */
  steps: string[] = [];
  rules: LocalRules | undefined;
  keys!: KeyRing;
  identity!: CryptoKey;
  journal!: Journal;
  writeback!: Writeback;

  readonly resetPassword = vi.fn<Directory['resetPassword']>(async (target, password, options) => {
    const refused = options.permit?.({ dn: 'CN=Ada,DC=example,DC=com', sid: 'S-1-1', groups: ['S-1-2'] });
    if (refused) return refused;
    await options.onBeforeWrite?.(options.prepared?.evidence ?? this.before);
    if (!options.stillValid?.()) return { kind: 'expired' };
    if (this.outcome.kind === 'applied') this.written.push(`${target.objectGuid} ${password.reveal()}`);
    return this.outcome;
  });
  readonly prepare = vi.fn<Directory['prepare']>(async (target, request) => this.read(target, request));
  readonly resolve = vi.fn<Directory['resolve']>(async () => ({
    kind: 'applied',
    evidence: { kind: 'version' },
  }));
  readonly probe = vi.fn<Directory['probe']>(async () => ({
    reachable: false,
    outcome: { kind: 'directoryUnreachable' },
  }));

  static async open(): Promise<AgentSide> {
    const side = new AgentSide();
    await makeKeys(side.folder);
    side.keys = await loadKeys(side.folder);
    side.identity = await crypto.subtle.importKey('raw', side.keys.identity.publicKey, 'Ed25519', true, [
      'verify',
    ]);
    side.start();
    return side;
  }

  /** As after a start of the process, with what is on disk. */
  start(): void {
    this.journal = openJournal(this.folder, () => this.now);
    const note = (fields: object, message: string) => void this.logged.push(JSON.stringify(fields) + message);
    const unused = undefined as unknown as Directory;
    const directory: Directory = {
      ...unused,
      ...{
        prepare: this.prepare,
        resetPassword: this.resetPassword,
        resolve: this.resolve,
        probe: this.probe,
      },
      changePassword: async () => ({ kind: 'wrongCurrentPassword' }),
      unlock: async () => ({ kind: 'applied' }),
      dryRun: async () => ({ outcome: { kind: 'protectedAccount' }, policy, notKnown: [] }),
      close: () => {},
    };
    const forests = new Map(
      [forest, ...this.otherForests].map((sid) => [sid, { directory, requirePolicyHints: false }]),
    );
    this.writeback = openWriteback({
      ...{ tenantId: this.tenantId, agentId: this.agentId, keys: this.keys, forests },
      ...(this.rules && { rules: this.rules }),
      journal: this.#watched(this.journal),
      version: '1.2.3',
      locate: (cloudAnchor) => {
        if (cloudAnchor === this.stranger) return { kind: 'found', forest: 'S-1-5-21-9', objectGuid: guid };
        return cloudAnchor === this.person || this.alsoKnown.has(cloudAnchor)
          ? { kind: 'found', forest, objectGuid: guid }
          : { kind: 'notFound', why: 'no object in the cloud’s connector space' };
      },
      directoryOf: (sid) => forests.get(sid)?.directory,
      countPeople: () => this.countPeople(),
      send: (frame) => {
        if (this.isLinked) this.sent.push(frame);
        if (this.isLinked) this.steps.push('sent');
        return this.isLinked;
      },
      clock: { now: () => this.now, monotonic: () => this.monotonic },
      log: { debug: note, info: note, warn: note, error: note },
    });
  }

  async restart(): Promise<void> {
    await this.writeback.stop();
    this.journal.close();
    this.start();
  }

  async close(): Promise<void> {
    await this.writeback.stop();
    this.journal.close();
    rmSync(this.folder, { recursive: true });
  }

  read(target: { objectGuid: string }, request: Prepared['request']): Prepared {
    const state = {} as Prepared['state'];
    return {
      kind: 'prepared',
      evidence: this.before,
      readAt: this.now,
      target,
      request,
      state,
      unfit: undefined,
    };
  }

  async request(changes: Changes = {}): Promise<Asked> {
    const { issued = this.now, expires = this.now + 2 * minute, operation = 'reset' } = changes;
    const { cloudAnchor = this.person, requestId = newId(), sealedFor = cloudAnchor } = changes;
    const { tenantId, keys } = this;
    const flags = FLAGS.sealedByCloud | FLAGS.unlockToo;
    const bound = { tenantId, requestId, operation, flags, cloudAnchor, issued, expires };
    const bare = operation === 'unlock' || operation === 'dryRun';
    const recipient = await importRecipient(keys.password.spki);
    const inner = bare
      ? new Uint8Array(0)
      : await seal({ next: Password.of(typed) }, { ...bound, cloudAnchor: sealedFor }, [recipient]);
    const body = encodeRequest({ ...bound, actorId: this.person, inner });
    return {
      requestId,
      frame: await this.frame('request', requestId, body, changes.frameExpires ?? expires),
      sealedDigest: bare ? undefined : await sha256(inner),
    };
  }

  offer(
    requestId: string,
    changes: Partial<Pick<Offer, 'number' | 'operation' | 'cloudAnchor' | 'isLast'>> = {},
  ) {
    const { number = 1, operation = 'reset', cloudAnchor = this.person, isLast = false } = changes;
    return this.frame('offer', requestId, encodeOffer({ number, operation, cloudAnchor, flags: 0, isLast }));
  }

  frame(type: FrameType, requestId: string, body: Bytes = new Uint8Array(0), expires = this.now + minute) {
    const header = { type, agentId: this.agentId, requestId, expires };
    return pack({ header, body }, this.tenantId, this.keys.package);
  }

  /** What the agent sends by itself or in answer while this goes on, opened as the cloud does. */
  async sending(work: () => unknown): Promise<PackageContents[]> {
    this.sent = [];
    await work();
    return Promise.all(this.sent.map((frame) => this.opened(frame)));
  }

  opened(frame: Uint8Array): Promise<PackageContents> {
    return unpack(frame, this.tenantId, () => this.keys.package);
  }

  async answerTo({ requestId, frame, sealedDigest }: Asked) {
    const [answer] = await this.sending(() => this.writeback.serve(frame));
    return answer && this.verified(answer, requestId, sealedDigest);
  }

  verified({ body }: PackageContents, requestId: string, sealedDigest?: Uint8Array | undefined) {
    const { tenantId, agentId } = this;
    return verifyReply(
      body,
      { tenantId, agentId, requestId, ...(sealedDigest && { sealedDigest }) },
      this.identity,
    );
  }

  #watched(journal: Journal): Journal {
    const noted =
      <A extends unknown[]>(name: string, write: (...given: A) => void) =>
      (...given: A) => {
        write(...given);
        this.steps.push(name);
      };
    return {
      ...journal,
      intend: noted('intended', journal.intend),
      amend: noted('amended', journal.amend),
      settle: noted('settled', journal.settle),
      entomb: noted('entombed', journal.entomb),
      onDisk: () => journal.onDisk(),
    };
  }
}

const policy = {
  source: 'domain',
  dn: 'DC=corp,DC=example,DC=com',
  rules: { minimumLength: 8, complexity: true, historyLength: 24, minimumAge: 86_400_000 },
  names: { accountName: 'ada' },
  mustChange: false,
} as const;
