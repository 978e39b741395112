export type MailboxMessage = {
  id: string;
  /** As the sending server named them (RFC 5321, RCPT TO), so that blind copies are here too. */
  to: string[];
  from: string;
  subject: string;
  text: string;
  /** Milliseconds since 1970. */
  receivedAt: number;
};

export type NewMessage = Omit<MailboxMessage, 'id' | 'receivedAt'>;

const MOST = 500;

/** What the mailbox holds, oldest first inside; it forgets the oldest when there are too many. */
export class MessageStore {
  #messages: MailboxMessage[] = [];
  #lastId = 0;
  readonly #waiting = new Set<() => void>();

  add(message: NewMessage): void {
    this.#lastId += 1;
    this.#messages.push({ ...message, id: String(this.#lastId), receivedAt: Date.now() });
    this.#messages = this.#messages.slice(-MOST);
    for (const look of this.#waiting) look();
  }

  /** Rises with every change, for a page that wants to know whether to load again. */
  get version(): string {
    return `${this.#lastId}.${this.#messages.length}`;
  }

  all(): MailboxMessage[] {
    return this.#messages.toReversed();
  }

  messagesFor(to: string): MailboxMessage[] {
    const wanted = to.toLowerCase();
    return this.all().filter((message) => message.to.some((address) => address.toLowerCase() === wanted));
  }

  clear(): void {
    this.#messages = [];
  }

  waitForMessage(
    to: string,
    { after, subject, timeoutMs }: { after: number; subject?: string | undefined; timeoutMs: number },
  ): Promise<MailboxMessage> {
    const isWanted = (message: MailboxMessage) =>
      message.receivedAt >= after && (subject === undefined || message.subject === subject);
    const find = () => this.messagesFor(to).findLast(isWanted);
    const found = find();
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`No message for ${to} came within ${timeoutMs} ms.`));
      }, timeoutMs);
      const look = () => {
        const message = find();
        if (!message) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(message);
      };
      this.#waiting.add(look);
    });
  }
}
