/** Loaded into the fuzzed cloud by --import: the cloud itself lets no debugger in that could be asked. */
process.on('message', (asked) => {
  if (asked !== 'heap') return;
  globalThis.gc?.();
  process.send?.(process.memoryUsage().heapUsed);
});
