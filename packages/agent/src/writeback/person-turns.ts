/** Runs work of one person after the other, in the order of asking; people do not wait for each other. */
export type PersonTurns = <T>(objectGuid: string, work: () => Promise<T>) => Promise<T>;

export function personTurns(): PersonTurns {
  const last = new Map<string, Promise<void>>();
  return (objectGuid, work) => {
    const before = last.get(objectGuid);
    const turn = before === undefined ? work() : before.then(work);
    const over = turn.then(nothing, nothing).then(() => {
      if (last.get(objectGuid) === over) last.delete(objectGuid);
    });
    last.set(objectGuid, over);
    return turn;
  };
}

function nothing(): void {}
