import { labFile, labFolder } from '../lab-file.ts';
import { bringLabUp, seconds } from './bring-lab-up.ts';
import { LabError } from './errors.ts';
import { chosenForests } from './lab-forests.ts';

const since = performance.now();
try {
  const wanted = chosenForests(process.env['FORESTS']);
  const { lab, found } = await bringLabUp(labFolder(), (text) => console.log(`lab: ${text}`), wanted);
  console.log(`lab: ${found === 'running' ? 'runs already' : 'ready'} (${seconds(since)})`);
  for (const forest of lab.forests) {
    console.log(`  ${forest.domain}: ${forest.people.length} people, ${forest.ldaps} at ${forest.address}`);
  }
  console.log(`  accounts and addresses: ${labFile(lab.folder)}`);
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(`lab: ${error.message}`);
  process.exitCode = 1;
}
