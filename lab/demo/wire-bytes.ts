/** What one operation took on the wire, as the cloud logged it: the request and the reply, whole frames. */
export function wireBytes(cloudLog: string): { request: number; reply: number } {
  const entries = cloudLog.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as { msg?: string; bytes?: number }];
    } catch {
      return [];
    }
  });
  const last = (message: string) => entries.findLast(({ msg }) => msg === message)?.bytes ?? 0;
  return { request: last('request sent to the agent'), reply: last('reply received') };
}
