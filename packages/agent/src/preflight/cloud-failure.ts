import type { ConnectionFailureReason } from '@homeward/active-directory';
import type { Advice } from '../advice/advice.ts';
import type { AgentError } from '../errors.ts';
import { proxyFaultIn } from '../network/proxy-tunnel.ts';
import { failureReason } from './certificate-finding.ts';
import { type Finding, fail } from './check.ts';

/** A fault of the proxy says after its semicolon what to do about it. */
export function proxyFinding({ message, code }: AgentError): Finding {
  const [happened = message, next = 'Check the proxy.'] = message.split('; ');
  return fail(`${upperFirst(happened)}.`, `${upperFirst(next)}.`, { code });
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Why the cloud or its relay cannot be reached, in one line. */
export function unreachable(host: string, error: unknown): Finding {
  const { name, code, cause, message } = error as Error & {
    code?: string;
    cause?: Error & { code?: string };
  };
  const proxy = proxyFaultIn(error);
  if (proxy !== undefined) return proxyFinding(proxy);
  const known = name === 'TimeoutError' ? 'ETIMEDOUT' : (cause?.code ?? code);
  if (known === undefined) return fail(`${host}: ${cause?.message ?? message}.`, 'Check the address.');
  const { happened, next } = cloudAdvice(reasonOrUndefined(known, host));
  return fail(`${host}: ${happened}`, next, { code: known });
}

function reasonOrUndefined(code: string, host: string): ConnectionFailureReason | undefined {
  try {
    return failureReason(code, host);
  } catch {
    return undefined;
  }
}

/** The words for the cloud, where those for a controller would mislead. */
export function cloudAdvice(reason: ConnectionFailureReason | undefined): Advice {
  const means = 'Nobody can reset a password by this agent while that lasts.';
  return { means, ...(CLOUD_FAILURES[reason ?? 'connectionEnded'] ?? CLOUD_FAILURES.connectionEnded) };
}

const TRUST = 'Point cloudCaFile at the PEM file of the authority that issued it.';
const CLOUD_FAILURES: Partial<Record<ConnectionFailureReason, Omit<Advice, 'means'>>> & {
  connectionEnded: Omit<Advice, 'means'>;
} = {
  nameUnknown: {
    happened: 'DNS does not know this name.',
    next: 'Check the address, and this machine’s DNS.',
  },
  dnsSilent: { happened: 'DNS does not answer.', next: 'Check this machine’s DNS servers.' },
  connectionRefused: {
    happened: 'The connection is refused.',
    next: 'Check that the cloud runs, and its port.',
  },
  networkUnreachable: { happened: 'There is no route to it.', next: 'Check network and firewall.' },
  noAnswerInTime: {
    happened: 'It did not answer in time.',
    next: 'Check that it runs, and that the firewall lets connections to it out.',
  },
  connectionEnded: {
    happened: 'The connection was ended before an answer.',
    next: 'Look for a proxy or firewall between that ends connections.',
  },
  tlsFailed: { happened: 'TLS failed.', next: 'Check that this port speaks TLS 1.2 or later.' },
  certificateExpired: { happened: 'Its certificate has expired.', next: 'Renew the cloud’s certificate.' },
  certificateNotYetValid: {
    happened: 'Its certificate is not valid yet.',
    next: 'Check this machine’s clock, then the certificate’s dates.',
  },
  certificateWrongName: {
    happened: 'Its certificate carries another name.',
    next: 'Use the name in the certificate, or issue one for this name.',
  },
  certificateUnknownAuthority: {
    happened: 'Its certificate comes from an authority that is not trusted here.',
    next: TRUST,
  },
  certificateRefused: { happened: 'Its certificate was refused.', next: TRUST },
};
