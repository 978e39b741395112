import type { RandomSource } from './random-source.ts';

/** What a reader said of one input: refused by this name, or read as something valid. */
export type Verdict = { refused: string } | 'read';

/** One door that bytes from outside come in by. */
export type FuzzTarget = {
  name: string;
  /** of all refusals of a run, 0 to 1 */
  share: number;
  /** the only names by which it may refuse */
  refusals: ReadonlySet<string>;
  /** inputs under way at once */
  atOnce: number;
  /** one input, and how to offer it. What is thrown, or refused by no name of its own, is a defect. */
  next: (random: RandomSource) => FuzzInput;
};

export type FuzzInput = {
  /** for the report of a defect */
  shown: () => string;
  offer: () => Verdict | Promise<Verdict>;
};

/** Something that a reader did which it never may. */
export class FuzzDefect extends Error {
  constructor(target: string, shown: string, what: string, options?: ErrorOptions) {
    super(`${target}: ${what}\n  input: ${shown}`, options);
    this.name = 'FuzzDefect';
  }
}
