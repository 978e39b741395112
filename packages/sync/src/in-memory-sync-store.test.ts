import { openInMemorySyncStore } from './in-memory-sync-store.ts';
import { syncStoreContract } from './sync-store.contract.ts';

syncStoreContract(openInMemorySyncStore);
