import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceAuthorization, EnrolledForest, EnrolmentAnswer } from '@homeward/protocol/enrolment';
import { syncFolder } from '../keys/durable-files.ts';

/** What is kept of an enrolment, in `enrolment.json`; no secret is in it. `status` is what it was then. */
export type Enrolment = Omit<EnrolmentAnswer, 'status'> &
  Partial<Pick<EnrolmentAnswer, 'status'>> & { cloudUrl: string; name: string; forests: EnrolledForest[] };

/** A code that waits for approval, in `device-enrolment.json`: worth nothing without the identity key. */
export type WaitingCode = DeviceAuthorization & {
  cloudUrl: string;
  /** what it was asked for */
  name: string;
  forests: EnrolledForest[];
  /** Unix ms */
  expiresAt: number;
};

const ENROLMENT = 'enrolment.json';
const WAITING_CODE = 'device-enrolment.json';

/** The kept enrolment, or undefined where there is none yet. */
export function readEnrolment(stateFolder: string): Enrolment | undefined {
  return read<Enrolment>(stateFolder, ENROLMENT);
}

export function writeEnrolment(stateFolder: string, enrolment: Enrolment): void {
  write(stateFolder, ENROLMENT, enrolment);
}

export function readWaitingCode(stateFolder: string): WaitingCode | undefined {
  return read<WaitingCode>(stateFolder, WAITING_CODE);
}

export function writeWaitingCode(stateFolder: string, waiting: WaitingCode): void {
  write(stateFolder, WAITING_CODE, waiting);
}

export function forgetWaitingCode(stateFolder: string): void {
  rmSync(join(stateFolder, WAITING_CODE), { force: true });
}

/** The journal and what is known of people stay. */
export function forgetEnrolment(stateFolder: string): void {
  forgetWaitingCode(stateFolder);
  rmSync(join(stateFolder, ENROLMENT), { force: true });
  if (existsSync(stateFolder)) syncFolder(stateFolder);
}

function read<Content>(stateFolder: string, name: string): Content | undefined {
  try {
    return JSON.parse(readFileSync(join(stateFolder, name), 'utf8')) as Content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function write(stateFolder: string, name: string, content: object): void {
  const path = join(stateFolder, name);
  writeFileSync(`${path}.draft`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.draft`, path);
  syncFolder(stateFolder);
}
