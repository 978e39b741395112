import { explain, findSubjects } from '@homeward/sync';
import type { Terminal } from '../terminal/terminal.ts';
import { openSyncStore } from './open-sync-store.ts';
import { explanationLines } from './print-explanation.ts';
import { hasSyncDatabase } from './sync-database.ts';
import { configurationOf, type SyncOrder } from './sync-work.ts';

export type ExplainDeps = { order: SyncOrder; terminal: Terminal; command: string };

/** `sync explain`. @returns 0 where somebody is called so, else 1 */
export function explainPerson(
  user: string,
  options: { json?: boolean },
  { order, terminal, command }: ExplainDeps,
): 0 | 1 {
  const { stateFolder } = order.work;
  if (!hasSyncDatabase(stateFolder)) {
    terminal.print(`Nothing was synchronised yet. Start the agent, or do it once by: ${command} sync run`);
    return 1;
  }
  const configuration = configurationOf(order.work);
  const store = openSyncStore(stateFolder);
  try {
    const told = new Set<number>();
    const explanations = findSubjects(store, user).flatMap((subject) => {
      const person = subject.link?.metaverseObject;
      if (person !== undefined && told.has(person)) return [];
      if (person !== undefined) told.add(person);
      return [explain(store, configuration, subject)];
    });
    if (options.json) terminal.print(JSON.stringify(explanations, null, 2));
    else if (explanations.length === 0)
      terminal.print(
        `Nobody who was read from the directory is called ${user}. Whoever was made in the last seconds comes with the next cycle: ${command} sync run`,
      );
    else
      for (const [index, explanation] of explanations.entries()) {
        if (index > 0) terminal.print();
        for (const line of explanationLines(configuration, explanation)) terminal.print(line);
      }
    return explanations.length > 0 ? 0 : 1;
  } finally {
    store.close();
  }
}
