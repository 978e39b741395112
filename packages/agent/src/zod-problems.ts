import type { z } from 'zod';

/** To be given with what is parsed: what a schema says itself goes before it. */
export const IN_OUR_WORDS = { error: expectation, reportInput: true } as const;

/** A line for each problem, by its path, such as `forests[0].domain: must be a host name`. */
export function problemLines({ issues }: z.ZodError): string[] {
  return issues.flatMap((issue) => {
    const path = issue.path as (string | number)[];
    if (issue.code !== 'unrecognized_keys') return [`${pathText(path)}: ${issue.message}`];
    return issue.keys.map((key) => `${pathText([...path, key])}: is not a known setting`);
  });
}

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type')
    return issue.input === undefined
      ? 'is required'
      : `must be ${KINDS[String(issue.expected)] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code !== 'too_small' && issue.code !== 'too_big') return undefined;
  const isSmall = issue.code === 'too_small';
  const bound = isSmall ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  if (issue.origin === 'string')
    return isSmall && issue.minimum === 1 ? 'must not be empty' : `must be ${bound} characters long`;
  if (issue.origin === 'array')
    return isSmall && issue.minimum === 1 ? 'must not be empty' : `must have ${bound} entries`;
  return `must be ${bound}`;
}

export function pathText(path: readonly (string | number)[]): string {
  return (
    path.reduce<string>(
      (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${part}` : part),
      '',
    ) || 'the file'
  );
}

export function parseJson(text: string, problems: string[]): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    problems.push(`is no JSON: ${(error as Error).message}`);
    return {};
  }
}
