import type { ProxyConfig } from '../config.ts';
import { openTunnel, proxyFaultIn } from '../network/proxy-tunnel.ts';
import { type Check, pass } from './check.ts';
import { proxyFinding } from './cloud-failure.ts';

/** Whether the proxy of the configuration connects to the cloud; no check where there is none. */
export function proxyChecks(proxy: ProxyConfig | undefined, cloudUrl: string): Check[] {
  if (proxy === undefined) return [];
  const { hostname, protocol, port } = new URL(cloudUrl);
  const target = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  };
  return [
    {
      id: 'proxy',
      title: 'Proxy',
      async run() {
        try {
          (await openTunnel(proxy, target)).destroy();
          const as = proxy.credentials === undefined ? '' : `, for ${proxy.credentials.userName}`;
          return pass(`${new URL(proxy.url).host} connects to ${target.host}:${target.port}${as}.`);
        } catch (error) {
          const fault = proxyFaultIn(error);
          if (fault === undefined) throw error;
          return proxyFinding(fault);
        }
      },
    },
  ];
}
