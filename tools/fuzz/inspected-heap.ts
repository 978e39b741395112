import { WebSocket } from 'ws';

export type InspectedHeap = {
  /** what another process holds right after a collection, MB */
  usedMB: () => Promise<number>;
  close: () => void;
};

/** Asks a Node process that runs with `--inspect`, by the Chrome DevTools Protocol, to collect and count. */
export async function inspectHeap(inspectorUrl: string): Promise<InspectedHeap> {
  const socket = new WebSocket(inspectorUrl);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  let last = 0;
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  socket.on('message', (data: Buffer) => {
    const { id, result } = JSON.parse(data.toString('utf8')) as { id?: number; result?: unknown };
    waiting.get(id ?? 0)?.resolve(result);
    waiting.delete(id ?? 0);
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values())
      reject(new Error('the process ended while it was asked for its memory'));
  });
  const ask = (method: string): Promise<unknown> => {
    const id = ++last;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    socket.send(JSON.stringify({ id, method }));
    return answer.promise;
  };
  return {
    async usedMB() {
      await ask('HeapProfiler.collectGarbage');
      const { usedSize } = (await ask('Runtime.getHeapUsage')) as { usedSize: number };
      return usedSize / 1e6;
    },
    close: () => socket.terminate(),
  };
}
