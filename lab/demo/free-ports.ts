import { createServer } from 'node:net';

/** A port that the demo is going to listen on; `variable` is how `make demo` is told another one. */
export type WantedPort = { what: string; host: string; port: number; variable: string };

/**
 * Looked at before anything else: what is found out later would have deleted the state of a demo that runs.
 * @throws {Error} naming every port that cannot be had, and what to do
 */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const problems = await Promise.all(wanted.map(problemWith));
  const told = problems.filter((problem) => problem !== undefined);
  if (told.length > 0) throw new Error(told.join('\n'));
}

function problemWith({ what, host, port, variable }: WantedPort): Promise<string | undefined> {
  const instead = `make demo ${variable}=${port < 60_000 ? port + 1_000 : port - 1_000}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why =
        code === 'EADDRINUSE' ? 'another program has it, perhaps a demo that runs already' : message;
      resolve(
        `port ${port}, for ${what}, cannot be had: ${why}.\n` +
          `  See which one with: ss -lntp 'sport = :${port}'\n  Stop it, or take another port: ${instead}`,
      );
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
