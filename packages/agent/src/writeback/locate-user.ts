import type { OutcomeKind } from '@homeward/protocol/outcome';
import { type LinkReader, locateForWriteback } from '@homeward/sync';

/** Where a person's password goes, or the outcome that says why it goes nowhere; `why` is for operators. */
export type Located =
  | { kind: 'found'; forest: string; objectGuid: string }
  | { kind: Extract<OutcomeKind, 'notFound' | 'ambiguous' | 'disabled'>; why: string };

/** Follows cloudAnchor → cloud connector space → metaverse → AD connector space, by the AccountEnabled link. */
export function locateUser(store: LinkReader, cloudAnchor: string): Located {
  const location = locateForWriteback(store, cloudAnchor);
  if (location.kind === 'found')
    return { kind: 'found', forest: location.forest, objectGuid: location.objectGuid };
  if (location.kind === 'ambiguous') return { kind: 'ambiguous', why: location.explanation };
  const isDisabled = location.missing === 'accountEnabledLink';
  return { kind: isDisabled ? 'disabled' : 'notFound', why: location.explanation };
}
