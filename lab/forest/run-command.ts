import { spawn } from 'node:child_process';
import { LabError } from './errors.ts';

/** Nothing that the lab runs takes minutes, but many may run at once. */
const GIVEN_UP_AFTER_MS = 10 * 60_000;

/** A program and its arguments. */
export type Command = [program: string, args: string[]];

export type CommandResult = { code: number | null; stdout: string; stderr: string };

type CommandOptions = {
  /** Given on standard input, so that a password never shows in the process list. */
  input?: string;
  environment?: Record<string, string>;
  timeoutMs?: number;
};

/**
 * Runs a program with an environment of the lab's own: the caller's PATH may put another Python in front of the
 * one that Samba's modules belong to, and a caller's language would change what the programs print.
 */
export function runCommand(
  program: string,
  args: string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: '/',
      env: { ...COMMAND_ENVIRONMENT, ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? GIVEN_UP_AFTER_MS,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (cause) => {
      reject(new LabError('ERR_LAB_COMMAND_FAILED', `${program} could not be started.`, { cause }));
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // A program that ends without reading its input closes the pipe under us; its exit code tells the story.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** @throws {LabError} ERR_LAB_COMMAND_FAILED with the end of what the program said */
export async function mustRun(
  program: string,
  args: string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await runCommand(program, args, options);
  if (result.code !== 0) {
    const said = (result.stderr || result.stdout).trimEnd().split('\n').slice(-5).join('\n');
    throw new LabError('ERR_LAB_COMMAND_FAILED', `${program} failed (${result.code ?? 'killed'}).\n${said}`);
  }
  return result.stdout;
}

export const COMMAND_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
};
