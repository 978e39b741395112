import { corpPeople } from './corp-people.ts';
import type { ForestDescription } from './forest-description.ts';

const GROUPS = ['Groups'];

/** The demo's company. The administrator's OU lies outside the people's, so the agent has no rights there. */
export const corpForest: ForestDescription = {
  name: 'corp',
  realm: 'CORP.EXAMPLE.COM',
  netbiosName: 'CORP',
  controller: 'dc1',
  samba: 'system',
  organizationalUnits: [
    ['People'],
    ['People', 'Engineering'],
    ['People', 'Engineering', 'Platform'],
    ['People', 'Engineering', 'R&D + Labs; <Alpha> = #1 / "Beta" \\ Gamma'],
    ['People', 'Sales, EMEA'],
    ['People', 'Finance'],
    ['People', 'Operations'],
    ['People', 'Operations', 'Service Desk'],
    ['People', 'Contractors'],
    ['Administration'],
    ['Service Accounts'],
    GROUPS,
  ],
  peopleOu: ['People'],
  agentAccount: {
    userName: 'svc-homeward',
    displayName: 'Homeward agent',
    ou: ['Service Accounts'],
  },
  passwordPolicy: {
    complexity: true,
    minimumLength: 8,
    historyLength: 24,
    minimumAgeDays: 0,
    maximumAgeDays: 0,
    lockoutThreshold: 0,
  },
  passwordSettings: [
    {
      name: 'Payment approvers',
      precedence: 10,
      appliesTo: ['Payment Approvers'],
      complexity: true,
      minimumLength: 12,
      historyLength: 24,
      minimumAgeDays: 0,
      maximumAgeDays: 0,
      lockoutThreshold: 0,
    },
  ],
  groups: [
    {
      name: 'Password Reset Users',
      ou: GROUPS,
      description: 'May reset their own password',
      memberOf: [],
    },
    {
      name: 'All Employees',
      ou: GROUPS,
      description: 'Everyone on the payroll, by department',
      memberOf: ['Password Reset Users'],
    },
    { name: 'Engineering', ou: GROUPS, description: 'Department', memberOf: ['All Employees'] },
    { name: 'Sales', ou: GROUPS, description: 'Department', memberOf: ['All Employees'] },
    { name: 'Finance', ou: GROUPS, description: 'Department', memberOf: ['All Employees'] },
    { name: 'Operations', ou: GROUPS, description: 'Department', memberOf: ['All Employees'] },
    { name: 'Contractors', ou: GROUPS, description: 'External people', memberOf: ['VPN Users'] },
    {
      name: 'Payment Approvers',
      ou: GROUPS,
      description: 'Has password rules of its own (PSO)',
      memberOf: [],
    },
    { name: 'VPN Users', ou: GROUPS, description: 'Remote access', memberOf: [] },
    {
      name: 'Service Desk',
      ou: GROUPS,
      description: 'Runs the accounts of others, and so is itself protected',
      memberOf: ['Account Operators'],
    },
    {
      name: 'Service Desk Second Line',
      ou: GROUPS,
      description: 'Protected only through another group',
      memberOf: ['Service Desk'],
    },
  ],
  people: corpPeople,
};
