import { configure, type SyncConfiguration } from './configuration.ts';
import type { Attributes, ImportedObject } from './connector-object.ts';
import {
  type ExportAnswer,
  type ExportOperation,
  mayExportDeletions,
  recordExport,
  takePendingExports,
} from './export-pending.ts';
import { beginFullImport, finishFullImport, importObjects, type Sweep } from './import-objects.ts';
import { openInMemorySyncStore } from './in-memory-sync-store.ts';
import type { Matching } from './shipped-rules.ts';
import type { SyncStore } from './sync-store.ts';

/** For tests: two forests as configured, and people in them. */
export const CORP = 'S-1-5-21-1-1-1';
export const MERGER = 'S-1-5-21-2-2-2';

export function twoForests(matching: Matching = { by: 'identity' }, groups = false): SyncConfiguration {
  return configure({
    forests: [
      { id: CORP, domains: [{ name: 'corp.example.com', netbiosName: 'CORP' }] },
      { id: MERGER, domains: [{ name: 'merger.example.com', netbiosName: 'MERGER' }] },
    ],
    matching,
    groups,
  });
}

export function guid(n: number): string {
  return `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

/** An enabled person of CORP; `attributes` override, an empty list takes one away. */
export function person(n: number, attributes: Attributes = {}, dn?: string): ImportedObject {
  return {
    objectType: 'user',
    objectGuid: guid(n),
    dn: dn ?? `CN=person${n},OU=People,DC=corp,DC=example,DC=com`,
    attributes: {
      sAMAccountName: [`person${n}`],
      userPrincipalName: [`person${n}@corp.example.com`],
      displayName: [`Person ${n}`],
      mail: [`person${n}@example.com`],
      userAccountControl: ['512'],
      ...attributes,
    },
  };
}

/** A group of CORP with the numbers of its members. */
export function group(n: number, members: readonly number[], attributes: Attributes = {}): ImportedObject {
  return {
    objectType: 'group',
    objectGuid: guid(n),
    dn: `CN=group${n},OU=Groups,DC=corp,DC=example,DC=com`,
    attributes: { sAMAccountName: [`group${n}`], ...attributes },
    members: members.map(guid),
  };
}

export const DISABLED: Attributes = { userAccountControl: ['514'] };

export function emptyStore(): SyncStore {
  return openInMemorySyncStore();
}

export function fullImport(
  store: SyncStore,
  configuration: SyncConfiguration,
  forest: string,
  objects: readonly ImportedObject[],
): Sweep {
  beginFullImport(store, forest);
  const { unreadable } = importObjects(store, configuration, forest, objects);
  return finishFullImport(store, forest, { unreadable: unreadable.length });
}

/** A cloud that accepts everything: the cloudAnchor is made from the sourceAnchor. Gives what it was asked. */
export function exportAll(
  store: SyncStore,
  answer: (operation: ExportOperation) => ExportAnswer = accept,
): ExportOperation[] {
  const sent: ExportOperation[] = [];
  const kinds = mayExportDeletions(store) ? (['delete', 'provision'] as const) : (['provision'] as const);
  for (const kind of kinds)
    for (const objectType of ['user', 'group'] as const) {
      const page = { after: 0, limit: 1000, retry: 'always' } as const;
      const { operations } = takePendingExports(store, kind, objectType, page);
      recordExport(
        store,
        operations.map((operation) => ({ operation, answer: answer(operation) })),
        1_000,
      );
      sent.push(...operations);
    }
  return sent;
}

export function accept(operation: ExportOperation): ExportAnswer {
  return { kind: 'accepted', cloudAnchor: cloudAnchorFor(operation.sourceAnchor) };
}

export function cloudAnchorFor(sourceAnchor: string): string {
  const hex = Array.from(atob(sourceAnchor), (unit) => unit.charCodeAt(0).toString(16).padStart(2, '0')).join(
    '',
  );
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The metaverse without what only the past can say: ids and owners. Sorted, so that two may be compared. */
export function metaverseOf(store: SyncStore): unknown[] {
  const objects = store.metaverseObjectsAfter(0, 10_000).map((object) => ({
    sourceAnchor: object.sourceAnchor,
    attributes: sortedEntries(object.attributes),
    refusals: object.refusals,
    links: store
      .directoryObjectsOf(object.id)
      .map(({ forest, objectGuid, link }) => `${forest} ${objectGuid} ${link?.rules.join(', ')}`)
      .sort(),
  }));
  return objects.map((object) => JSON.stringify(object)).sort();
}

function sortedEntries(attributes: Attributes): [string, readonly string[]][] {
  return Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
}
