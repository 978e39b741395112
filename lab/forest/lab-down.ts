import { labFolder } from '../lab-file.ts';
import { seconds } from './bring-lab-up.ts';
import { LabError } from './errors.ts';
import { takeLabDown } from './take-lab-down.ts';

const since = performance.now();
try {
  await takeLabDown(labFolder(), (text) => console.log(`lab: ${text}`));
  console.log(`lab: down (${seconds(since)})`);
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(`lab: ${error.message}`);
  process.exitCode = 1;
}
