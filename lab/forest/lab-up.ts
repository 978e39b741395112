import { labFile, labFolder } from '../lab-file.ts';
import { bringLabUp, seconds } from './bring-lab-up.ts';
import { LabError } from './errors.ts';

const since = performance.now();
try {
  const { lab, found } = await bringLabUp(labFolder(), (text) => console.log(`lab: ${text}`));
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
