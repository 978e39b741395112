import { labFolder } from '../lab-file.ts';
import { seconds } from './bring-lab-up.ts';
import { LabError } from './errors.ts';
import { chosenForests } from './lab-forests.ts';
import { takeLabDown } from './take-lab-down.ts';

const since = performance.now();
try {
  const [word] = process.argv.slice(2);
  if (word !== undefined)
    throw new LabError(
      'ERR_LAB_UNKNOWN_FOREST',
      `lab-down takes no words such as ${word}; to stop some forests only: FORESTS=hints`,
    );
  await takeLabDown(labFolder(), (text) => console.log(`lab: ${text}`), forestsOf(process.env['FORESTS']));
  console.log(`lab: down (${seconds(since)})`);
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(`lab: ${error.message}`);
  process.exitCode = 1;
}

/** undefined: all that there are, also such as this version does not know */
function forestsOf(asked: string | undefined): string[] | undefined {
  return !asked || asked === 'all' ? undefined : chosenForests(asked).map(({ name }) => name);
}
