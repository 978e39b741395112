import type { Command } from 'commander';

/**
 * A call that is none: what is wrong with it, and where the right one is told. To be called when all commands are
 * there.
 * @param end with 2, as for a configuration that cannot be used; 0 where only help was asked for
 */
export function refuseWrongCalls(program: Command, end: (exit: 0 | 2) => never): void {
  const prepare = (command: Command, called: string) => {
    command
      .showHelpAfterError(`See: ${called} --help`)
      .configureOutput({
        outputError: (text, write) => write(text.replace(/^error: /, `${program.name()}: `)),
      })
      .exitOverride(({ exitCode }) => end(exitCode === 0 ? 0 : 2));
    for (const below of command.commands) prepare(below, `${called} ${below.name()}`);
  };
  prepare(program, program.name());
}
