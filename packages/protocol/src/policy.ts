import { readTime, writeTime } from './bytes.ts';

/** The directory's password rules as they apply to one person, for the page that asks for a new password. */
export type PersonPolicy = {
  source: 'domain' | 'pso';
  /** absent where the agent's account may not read the PSO: nobody is told the wrong ones */
  rules?: PasswordRules;
  /** the person has to choose another password at next logon anyway */
  mustChange: boolean;
  /** whether the controller holds history, and where it does so age, against a reset (policy hints) */
  holdsOnReset: boolean;
  /** Unix ms; absent: now */
  nextChangeAllowedAt?: number;
  /** Unix ms; absent: never */
  expiresAt?: number;
};

/** Ages and durations in seconds; absent means none. */
export type PasswordRules = {
  minimumLength: number;
  complexity: boolean;
  historyLength: number;
  minimumAge?: number;
  maximumAge?: number;
  lockout?: { threshold: number; duration?: number };
};

const BIT = { present: 1, pso: 2, rules: 4, complexity: 8, mustChange: 16, holdsOnReset: 32 } as const;

/** Bytes 183 to 215 of a reply's body: see reply.ts. */
const AT = {
  bits: 183,
  minimumLength: 184,
  historyLength: 185,
  lockoutThreshold: 186,
  minimumAge: 188,
  maximumAge: 192,
  lockoutDuration: 196,
  nextChangeAllowedAt: 200,
  expiresAt: 208,
} as const;

export function writePolicy(view: DataView, policy: PersonPolicy): void {
  const { rules } = policy;
  const bits =
    BIT.present |
    (policy.source === 'pso' ? BIT.pso : 0) |
    (rules ? BIT.rules : 0) |
    (rules?.complexity ? BIT.complexity : 0) |
    (policy.mustChange ? BIT.mustChange : 0) |
    (policy.holdsOnReset ? BIT.holdsOnReset : 0);
  view.setUint8(AT.bits, bits);
  view.setUint8(AT.minimumLength, Math.min(rules?.minimumLength ?? 0, 0xff));
  view.setUint8(AT.historyLength, Math.min(rules?.historyLength ?? 0, 0xff));
  view.setUint16(AT.lockoutThreshold, Math.min(rules?.lockout?.threshold ?? 0, 0xffff));
  view.setUint32(AT.minimumAge, seconds(rules?.minimumAge));
  view.setUint32(AT.maximumAge, seconds(rules?.maximumAge));
  view.setUint32(AT.lockoutDuration, seconds(rules?.lockout?.duration));
  writeTime(view, AT.nextChangeAllowedAt, policy.nextChangeAllowedAt ?? 0);
  writeTime(view, AT.expiresAt, policy.expiresAt ?? 0);
}

/** @returns undefined where the reply carries none, or a time that no clock shows */
export function readPolicy(view: DataView): PersonPolicy | undefined {
  const bits = view.getUint8(AT.bits);
  const nextChangeAllowedAt = readTime(view, AT.nextChangeAllowedAt);
  const expiresAt = readTime(view, AT.expiresAt);
  if ((bits & BIT.present) === 0 || Number.isNaN(nextChangeAllowedAt) || Number.isNaN(expiresAt))
    return undefined;
  return {
    source: (bits & BIT.pso) === 0 ? 'domain' : 'pso',
    mustChange: (bits & BIT.mustChange) !== 0,
    holdsOnReset: (bits & BIT.holdsOnReset) !== 0,
    ...((bits & BIT.rules) !== 0 && { rules: readRules(view, (bits & BIT.complexity) !== 0) }),
    ...(nextChangeAllowedAt > 0 && { nextChangeAllowedAt }),
    ...(expiresAt > 0 && { expiresAt }),
  };
}

function readRules(view: DataView, complexity: boolean): PasswordRules {
  const threshold = view.getUint16(AT.lockoutThreshold);
  const minimumAge = view.getUint32(AT.minimumAge);
  const maximumAge = view.getUint32(AT.maximumAge);
  const duration = view.getUint32(AT.lockoutDuration);
  return {
    minimumLength: view.getUint8(AT.minimumLength),
    complexity,
    historyLength: view.getUint8(AT.historyLength),
    ...(minimumAge > 0 && { minimumAge }),
    ...(maximumAge > 0 && { maximumAge }),
    ...(threshold > 0 && { lockout: { threshold, ...(duration > 0 && { duration }) } }),
  };
}

function seconds(value = 0): number {
  return Math.min(Math.max(Math.round(value), 0), 0xffff_ffff);
}
