import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';

export type ProcessDescription = {
  name: string;
  /** arguments of node */
  args: string[];
  cwd: string;
  logFile: string;
  environment?: Record<string, string>;
};

/** Killed, it would leave behind what it was about to finish: only one that hangs is. */
const POLITE_MS = 30_000;

/** A process of the lab: started, stopped or killed by its own id, its output kept in a file. */
export class ManagedProcess {
  readonly #description: ProcessDescription;
  #child: ChildProcess | undefined;

  constructor(description: ProcessDescription) {
    this.#description = description;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get logFile(): string {
    return this.#description.logFile;
  }

  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  start(): void {
    const { args, cwd, logFile, environment } = this.#description;
    const log = openSync(logFile, 'a', 0o600);
    this.#child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
  }

  /** Starts it and waits until it says this from now on: whoever else answers on its port may be another one. */
  async startUntilSaid(text: string, timeoutMs?: number): Promise<void> {
    const { logFile } = this.#description;
    const said = existsSync(logFile) ? statSync(logFile).size : 0;
    this.start();
    await this.until(() => readFileSync(logFile).subarray(said).includes(text), timeoutMs);
  }

  /** Waits for `ready`, and says what the process printed when it ends before. */
  async until(ready: () => Promise<boolean> | boolean, timeoutMs = 60_000): Promise<void> {
    const { name } = this.#description;
    const end = performance.now() + timeoutMs;
    while (!(await ready())) {
      const ended = this.#child?.exitCode ?? this.#child?.signalCode;
      if (ended !== null && ended !== undefined)
        throw new Error(`${name} ended (${ended}):\n${tail(this.log)}`);
      if (performance.now() > end)
        throw new Error(`${name} is not ready after ${timeoutMs} ms:\n${tail(this.log)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), POLITE_MS);
    await ended;
    clearTimeout(patience);
  }
}

function tail(log: string): string {
  return log.split('\n').slice(-25).join('\n');
}
