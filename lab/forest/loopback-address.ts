import { createHash } from 'node:crypto';
import { LabError } from './errors.ts';
import type { ForestPlace } from './forest-place.ts';
import { mustRun, runCommand } from './run-command.ts';

const ATTEMPTS = 64;

/**
 * Each forest listens on an address of its own out of 127.64.0.0/10. Samba only serves addresses which it finds on
 * an interface, so the address is added to `lo`; the label there says whose it is, and adding one is atomic, so that
 * labs in other folders cannot take the same. The kernel takes 15 characters for a label: "lo:" and a place's id.
 */
export function addressLabel(place: ForestPlace): string {
  return `lo:${place.id}`;
}

export function candidateAddress(label: string, attempt: number): string {
  const digest = createHash('sha256').update(`${label} ${attempt}`).digest();
  const [second = 0, third = 0, fourth = 0] = digest;
  return `127.${64 + (second % 64)}.${third}.${1 + (fourth % 254)}`;
}

export async function addressWithLabel(label: string): Promise<string | undefined> {
  return (await loopbackAddresses()).find((address) => address.label === label)?.local;
}

/** A free address for a forest that has none yet. */
export async function claimAnyAddress(label: string): Promise<string> {
  const present = await addressWithLabel(label);
  if (present !== undefined) return present;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const address = candidateAddress(label, attempt);
    if (await addAddress(address, label)) return address;
  }
  throw new LabError('ERR_LAB_ADDRESS_TAKEN', 'No loopback address is free in 127.64.0.0/10.');
}

/** The address that the forest was made with: its DNS zone and krb5.conf name it. */
export async function claimAddress(address: string, label: string): Promise<'present' | 'added'> {
  if ((await addressWithLabel(label)) === address) return 'present';
  if (await addAddress(address, label)) return 'added';
  throw new LabError(
    'ERR_LAB_ADDRESS_TAKEN',
    `${address}, which this lab was made with, belongs to something else on this machine now ` +
      '(ip address show dev lo). Stop that, or make the lab anew: make clean lab-up',
  );
}

export async function releaseAddresses(label: string): Promise<number> {
  const ours = (await loopbackAddresses()).filter((address) => address.label === label);
  for (const { local, prefixlen } of ours) {
    await mustRun('ip', ['address', 'delete', `${local}/${prefixlen}`, 'dev', 'lo']);
  }
  return ours.length;
}

/** @returns false where the address is in use already */
async function addAddress(address: string, label: string): Promise<boolean> {
  if (await isPresent(address)) return false;
  const { code, stderr } = await runCommand('ip', [
    ...['address', 'add', `${address}/32`, 'dev', 'lo', 'label', label],
  ]);
  if (code === 0) return true;
  // Another lab may have taken it since we looked.
  if (await isPresent(address)) return false;
  throw new LabError(
    'ERR_LAB_ADDRESS_FORBIDDEN',
    `This machine does not let the lab add ${address} to its loopback interface: ${stderr.trim()}. ` +
      'In a container that takes the NET_ADMIN capability.',
  );
}

async function isPresent(address: string): Promise<boolean> {
  return (await loopbackAddresses()).some(({ local }) => local === address);
}

type LoopbackAddress = { local: string; prefixlen: number; label?: string };

async function loopbackAddresses(): Promise<LoopbackAddress[]> {
  const listing: unknown = JSON.parse(await mustRun('ip', ['-json', '-4', 'address', 'show', 'dev', 'lo']));
  const [device] = listing as { addr_info?: LoopbackAddress[] }[];
  return device?.addr_info ?? [];
}
