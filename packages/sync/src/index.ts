export {
  attributesToImport,
  configure,
  type Forest,
  importsGroups,
  type SyncConfiguration,
} from './configuration.ts';
export type {
  Attributes,
  CloudObject,
  DirectoryObject,
  ExportError,
  ForestId,
  ImportedObject,
  Link,
  MetaverseObject,
  ObjectType,
  Refusal,
} from './connector-object.ts';
export { sameAttributes } from './connector-object.ts';
export {
  confirmDeletions,
  DEFAULT_THRESHOLD,
  type DeleteThreshold,
  type HeldDeletions,
  heldDeletions,
} from './delete-protection.ts';
export { SyncError, type SyncErrorCode } from './errors.ts';
export {
  type CloudExplanation,
  type DirectoryExplanation,
  type Explanation,
  explain,
  findSubjects,
  type Place,
  type RuleExplanation,
  type ValueExplanation,
} from './explain.ts';
export {
  deletionsExported,
  type ExportAnswer,
  type ExportOperation,
  type ExportPage,
  mayExportDeletions,
  recordExport,
  takePendingExports,
} from './export-pending.ts';
export {
  type ChangeCookie,
  type ChangeCounts,
  type Changes,
  cookieFor,
  forgetCookie,
  importChanges,
  saveCookie,
} from './import-changes.ts';
export { beginCloudImport, type CloudImportCounts, ORPHANS, type ShownCloudObject } from './import-cloud.ts';
export {
  beginFullImport,
  finishFullImport,
  type ImportCounts,
  importDeletions,
  importObjects,
  type Sweep,
  type UnreadableObject,
} from './import-objects.ts';
export {
  type DirectoryPlace,
  locateForWriteback,
  WRITEBACK_LINKS,
  type WritebackLink,
  type WritebackLocation,
} from './locate-for-writeback.ts';
export type {
  Condition,
  Flow,
  InboundRule,
  OutboundRule,
  RuleName,
  SyncRule,
  Transformation,
} from './rule.ts';
export { ACCOUNT_ENABLED_RULE, type Matching, shippedRules } from './shipped-rules.ts';
export { anchorOfGuid, isObjectGuid } from './source-anchor.ts';
export { type ExportKind, isCalled, type LinkReader, pendingExportOf, type SyncStore } from './sync-store.ts';
export {
  queueEverybody,
  queueEverybodyInSteps,
  type SynchroniseProgress,
  synchronise,
  synchroniseInSteps,
} from './synchronise.ts';
