import { type FileHandle, open } from 'node:fs/promises';

/**
 * Brings what is committed to the disk, without holding up the event loop: whoever asks while one flush is under
 * way shares the next one (group commit).
 *
 * A flush that failed may have lost what it was for, and the next one would not notice: the kernel tells of each
 * failure once. So after one nothing counts as safe any more, until the process starts anew.
 */
export class WalFlusher {
  readonly #file: string;
  readonly #sync: (log: FileHandle) => Promise<void>;
  #log: FileHandle | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** @param file the write-ahead log. It stays the same file for as long as the store is open. */
  constructor(file: string, sync = (log: FileHandle) => log.datasync()) {
    this.#file = file;
    this.#sync = sync;
  }

  /** Resolves when all that was committed before the call survives a power cut. */
  flushed(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      this.#running = this.#flush();
      return this.#running;
    });
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#running.catch(() => {});
    await this.#log?.close();
  }

  async #flush(): Promise<void> {
    this.#log ??= await open(this.#file, 'r+');
    await this.#sync(this.#log);
  }
}
