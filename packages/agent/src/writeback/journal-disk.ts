import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';

/**
 * Brings the journal's write-ahead log to the disk, at once or beside other work. After a failure nothing counts as
 * written any more: the kernel tells of a lost write once, and the next flush would not notice.
 */
export class JournalDisk {
  readonly #file: string;
  #log: number | undefined;
  #failure: unknown;

  /** @param file the log. It stays the same file for as long as the journal is open. */
  constructor(file: string) {
    this.#file = file;
  }

  /** @throws what the disk says */
  flush(): void {
    this.#guard(() => fdatasyncSync(this.#open()));
  }

  /** The same, without holding up what else there is to do. */
  async flushed(): Promise<void> {
    const log = this.#guard(() => this.#open());
    await new Promise<void>((resolve, reject) =>
      fdatasync(log, (error) => {
        if (error === null) return resolve();
        this.#failure = error;
        reject(error);
      }),
    );
  }

  close(): void {
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
  }

  #open(): number {
    this.#log ??= openSync(this.#file, 'r+');
    return this.#log;
  }

  #guard<T>(work: () => T): T {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return work();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
