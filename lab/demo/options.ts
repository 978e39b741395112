import { parseArgs } from 'node:util';

export type DemoOptions = {
  /** open under this name instead of localhost */
  hostName: string | undefined;
  port: number | undefined;
};

/** @throws {Error} on an option that is not known or a port that is none */
export function demoOptions(args: string[], environment: Record<string, string | undefined>): DemoOptions {
  const { values } = parseArgs({ args, options: { name: { type: 'string' }, port: { type: 'string' } } });
  const hostName = values.name ?? environment['NAME'];
  const port = values.port ?? environment['PORT'];
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    throw new Error(`the port must be from 1 to 65535, not ${port}`);
  }
  return { hostName: hostName || undefined, port: port === undefined ? undefined : Number(port) };
}
