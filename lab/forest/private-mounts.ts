import type { Command } from './run-command.ts';

/** `source` shows at `target`, a folder or a file that exists. */
export type Mount = { source: string; target: string };

/**
 * The program as it runs in a mount namespace of its own (unshare(1)), where these bind mounts hide what the machine
 * has. Nobody else sees them, and the kernel takes them away with the last process in there, also after a crash:
 * there is nothing to unmount. The process keeps its id, and `/proc` and every other path stay the same inside.
 */
export function withMounts(mounts: readonly Mount[], [program, args]: Command): Command {
  if (mounts.length === 0) return [program, args];
  const pairs = mounts.flatMap(({ source, target }) => [source, target]);
  return [
    'unshare',
    ['--mount', '/bin/sh', '-ec', BIND_ALL_AND_EXEC, 'sh', ...pairs, '--', program, ...args],
  ];
}

const BIND_ALL_AND_EXEC = 'while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done; shift; exec "$@"';
