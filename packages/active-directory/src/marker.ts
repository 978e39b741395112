import { Attribute, Change } from 'ldapts';

/**
 * The fence: one unused, single-valued attribute of the person, compared and set in the same modify as the
 * password. Deleting a value that is not there is refused with 16, adding beside one that is there with 20, and
 * a refused modify writes nothing: so of two writers that saw the same old value one wins, and a later fence
 * stops an earlier write that is still on its way. It holds on one controller, not across two.
 */
export function compareAndSetMarker(attribute: string, before: string | undefined, next: string): Change[] {
  const change = (operation: 'add' | 'delete', value: string) =>
    new Change({ operation, modification: new Attribute({ type: attribute, values: [value] }) });
  return [...(before === undefined ? [] : [change('delete', before)]), change('add', next)];
}

/** The fence's own value: seen again after a crash, it still says "never written". */
export function fencedId(requestId: string): string {
  return `${requestId}/fenced`;
}
