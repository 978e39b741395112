import type { z } from 'zod';

/** A line for each problem, by its path, such as `forests[0].domain: must be a host name`. */
export function problemLines({ issues }: z.ZodError): string[] {
  return issues.map(({ path, message }) => `${pathText(path as (string | number)[])}: ${message}`);
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
