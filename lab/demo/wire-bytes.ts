/**
 * What one operation took on the wire, as the cloud logged it: the request and the reply, whole frames.
 * @throws {Error} where the log does not say: 0 bytes would read like a measurement
 */
export function wireBytes(cloudLog: string): { request: number; reply: number } {
  const entries = cloudLog.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as { msg?: string; bytes?: number }];
    } catch {
      return [];
    }
  });
  const last = (message: string) => {
    const bytes = entries.findLast(({ msg }) => msg === message)?.bytes;
    if (bytes === undefined) throw new Error(`the log of the cloud does not tell the size of "${message}"`);
    return bytes;
  };
  return { request: last('request sent to the agent'), reply: last('reply received') };
}
