const REDACTED = '[redacted]';

/**
 * Carries a key, code or token so that it cannot reach a log by accident: printing, JSON and inspection all
 * give `[redacted]`. Only `reveal()` gives the value, and is easy to search for.
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
