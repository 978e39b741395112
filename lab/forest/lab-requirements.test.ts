import { expect, test } from 'vitest';
import { requireLabMachine } from './lab-requirements.ts';

test('who is not root is told so, with the one line that installs the packages', async () => {
  await expect(requireLabMachine(1000)).rejects.toMatchObject({
    code: 'ERR_LAB_NOT_ROOT',
    message: expect.stringMatching(
      /^The lab needs root: .*\n {2}apt-get update && apt-get install -y .*\bsamba\b.*\bchromium\b/s,
    ),
  });
});
