import { expect, test } from 'vitest';
import { withMounts } from './private-mounts.ts';

test('a program without mounts of its own runs as it is', () => {
  expect(withMounts([], ['samba', ['--version']])).toEqual(['samba', ['--version']]);
});

test('arguments reach the program as they are, whatever is in them', () => {
  const [program, args] = withMounts(
    [{ source: '/a folder', target: '/usr' }],
    ['echo', ['$HOME', '--', 'b c']],
  );
  expect(program).toBe('unshare');
  expect(args.slice(-7)).toEqual(['/a folder', '/usr', '--', 'echo', '$HOME', '--', 'b c']);
});
