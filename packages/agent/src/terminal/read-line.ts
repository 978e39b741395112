import { createInterface } from 'node:readline/promises';
import { StringDecoder } from 'node:string_decoder';
import { AgentError } from '../errors.ts';
import type { Streams } from './terminal.ts';

/** @throws {AgentError} ERR_INTERRUPTED on Ctrl-C or the end of the input */
export async function readLine(
  input: Streams['input'],
  output: NodeJS.WritableStream,
  question: string,
): Promise<string> {
  const lines = createInterface({ input, output, terminal: input.isTTY === true });
  const ended = new Promise<never>((_, reject) => {
    const interrupt = () => reject(interrupted());
    lines.once('SIGINT', interrupt);
    lines.once('close', interrupt);
  });
  try {
    return await Promise.race([lines.question(question), ended]);
  } catch (error) {
    output.write('\n');
    throw error;
  } finally {
    ended.catch(() => {});
    lines.close();
  }
}

const ENTER = new Set(['\r', '\n']);
const BACKSPACE = new Set(['\u0008', '\u007f']);
const CLEAR = '\u0015';
const INTERRUPT = new Set(['\u0003', '\u0004']);

/** A line typed in raw mode: nothing of it is shown, not even its length. @throws as {@link readLine} */
export function readSecretLine(
  input: Streams['input'],
  output: NodeJS.WritableStream,
  question: string,
): Promise<string> {
  const decoder = new StringDecoder('utf8');
  output.write(question);
  input.setRawMode?.(true);
  input.resume();
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const finish = (end: () => void) => {
      input.off('data', take);
      input.off('end', stop);
      input.setRawMode?.(false);
      input.pause();
      output.write('\n');
      end();
    };
    const stop = () => finish(() => reject(interrupted()));
    const take = (bytes: Buffer) => {
      for (const character of decoder.write(bytes)) {
        if (ENTER.has(character)) return finish(() => resolve(typed.join('')));
        if (INTERRUPT.has(character)) return stop();
        if (character === CLEAR) typed = [];
        else if (BACKSPACE.has(character)) typed.pop();
        else typed.push(character);
      }
    };
    input.on('data', take);
    input.once('end', stop);
  });
}

function interrupted(): AgentError {
  return new AgentError('ERR_INTERRUPTED', 'stopped at the question; nothing was changed');
}
