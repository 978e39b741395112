import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Secret } from '@homeward/protocol/secret';
import { CloudError } from '../errors.ts';

/**
 * Asks on a terminal and shows nothing of what is typed, not even its length.
 * @throws {CloudError} ERR_INTERRUPTED at Ctrl-C and Ctrl-D
 */
export function askSecret(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  question: string,
): Promise<Secret<string>> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  output.write(question);
  return new Promise((resolve, reject) => {
    let answer: Secret<string> | undefined;
    lines.once('line', (line) => {
      answer = new Secret(line);
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      output.write('\n');
      if (answer !== undefined) return resolve(answer);
      reject(new CloudError('ERR_INTERRUPTED', 'Stopped at the question. Nothing was changed.'));
    });
  });
}
