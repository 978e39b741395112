import type { Readable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { Secret } from '@homeward/protocol/secret';
import { shorten } from './display-width.ts';
import { readLine, readSecretLine } from './read-line.ts';

export type Paint = 'good' | 'bad' | 'warn' | 'dim' | 'strong';

/** Where a command shows what it does. Results go to standard output, everything else to standard error. */
export type Terminal = {
  /** columns of the output; 80 where it is no terminal */
  width: number;
  /** somebody is there to answer */
  interactive: boolean;
  paint: (how: Paint, text: string) => string;
  print: (line?: string) => void;
  /** what is under way, in one line that goes again; nothing where standard error is no terminal */
  progress: (text: string | undefined) => void;
  ask: (question: string) => Promise<string>;
  /** without an echo */
  askSecret: (question: string) => Promise<Secret<string>>;
  /** all of standard input, for `-` */
  readInput: () => Promise<string>;
};

export type Streams = {
  input: Readable & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>;
  output: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;
  error: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>;
};

const CODES: Readonly<Record<Paint, number>> = { good: 32, bad: 31, warn: 33, dim: 2, strong: 1 };
const ERASE_LINE = '\r\u001b[2K';

/** `environment`: NO_COLOR (no-color.org) and TERM=dumb are heeded. */
export function openTerminal(
  { input, output, error }: Streams,
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const colours = output.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  // Whoever reads only the first lines (head, less) closes the pipe; that is no fault.
  output.on('error', (fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'EPIPE') throw fault;
  });
  let shown = false;
  const progress = (text: string | undefined) => {
    if (error.isTTY !== true || (text === undefined && !shown)) return;
    error.write(
      text === undefined ? ERASE_LINE : `${ERASE_LINE}${shorten(text, (output.columns ?? 80) - 3)} …`,
    );
    shown = text !== undefined;
  };
  return {
    width: Math.min(Math.max(output.columns ?? 80, 60), 140),
    interactive: input.isTTY === true && output.isTTY === true,
    paint: (how, text) => (colours && text !== '' ? `\u001b[${CODES[how]}m${text}\u001b[0m` : text),
    print(line = '') {
      progress(undefined);
      output.write(`${line}\n`);
    },
    progress,
    ask(question) {
      progress(undefined);
      return readLine(input, error, question);
    },
    async askSecret(question) {
      progress(undefined);
      return new Secret(await readSecretLine(input, error, question));
    },
    async readInput() {
      const chunks: Buffer[] = [];
      for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}
