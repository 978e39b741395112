import { type Department, describePeople, type PersonException } from './describe-people.ts';

const DEPARTMENTS: Department[] = [
  {
    name: 'Engineering',
    ou: ['People', 'Engineering'],
    memberOf: ['Engineering', 'VPN Users'],
    people: [
      ['ada.winter', 'Ada', 'Winter', 'Head of Engineering'],
      ['tomas.novak', 'Tomáš', 'Novák', 'Software Engineer'],
      ['zoe.mueller', 'Zoë', 'Müller', 'Software Engineer'],
      ['aisha.rahman', 'Aisha', 'Rahman', 'Quality Engineer'],
      ['liam.obrien', 'Liam', 'O’Brien', 'Software Engineer'],
      ['soren.aagaard', 'Søren', 'Aagaard', 'Technical Writer'],
    ],
  },
  {
    name: 'Engineering',
    ou: ['People', 'Engineering', 'Platform'],
    memberOf: ['Engineering', 'VPN Users'],
    people: [
      ['kenji.sato', '健司', '佐藤', 'Site Reliability Engineer'],
      ['na.li', '娜', '李', 'Database Engineer'],
      ['olena.shevchenko', 'Олена', 'Шевченко', 'Network Engineer'],
      ['marcus.lindqvist', 'Marcus', 'Lindqvist', 'Platform Engineer'],
      ['ines.ferreira', 'Inês', 'Ferreira', 'Security Engineer'],
    ],
  },
  {
    name: 'Engineering',
    ou: ['People', 'Engineering', 'R&D + Labs; <Alpha> = #1 / "Beta" \\ Gamma'],
    memberOf: ['Engineering'],
    people: [
      ['ravi.krishnan', 'Ravi', 'Krishnan', 'Research Lead'],
      ['yael.ben-ami', 'יעל', 'בן־עמי', 'Researcher'],
      ['freya.holm', 'Freya', 'Holm', 'Laboratory Technician'],
    ],
  },
  {
    name: 'Sales',
    ou: ['People', 'Sales, EMEA'],
    memberOf: ['Sales', 'VPN Users'],
    people: [
      ['jose.garcia', 'José', 'García', 'Sales Director'],
      ['camille.dubois', 'Camille', 'Dubois', 'Account Executive'],
      ['giulia.rossi', 'Giulia', 'Rossi', 'Account Executive'],
      ['omar.haddad', 'عمر', 'حداد', 'Account Executive'],
      ['eleni.pappas', 'Ελένη', 'Παππά', 'Sales Engineer'],
      ['hannah.fischer', 'Hannah', 'Fischer', 'Customer Success Manager'],
      ['piotr.wisniewski', 'Piotr', 'Wiśniewski', 'Account Executive'],
    ],
  },
  {
    name: 'Finance',
    ou: ['People', 'Finance'],
    memberOf: ['Finance'],
    people: [
      ['grace.okafor', 'Grace', 'Okafor', 'Chief Financial Officer'],
      ['daniel.kim', 'Daniel', 'Kim', 'Controller'],
      ['mei.tanaka', 'Mei', 'Tanaka', 'Accountant'],
      ['lucia.mendes', 'Lúcia', 'Mendes', 'Payroll Specialist'],
      ['henrik.dahl', 'Henrik', 'Dahl', 'Financial Analyst'],
    ],
  },
  {
    name: 'Operations',
    ou: ['People', 'Operations'],
    memberOf: ['Operations'],
    people: [
      ['amara.diallo', 'Amara', 'Diallo', 'Head of Operations'],
      ['nils.berg', 'Nils', 'Berg', 'Facilities Manager'],
      ['priya.nair', 'Priya', 'Nair', 'Procurement Specialist'],
      ['tariq.aziz-khan', 'Tariq', 'Aziz Khan', 'Logistics Coordinator'],
      ['anh.nguyen', 'Anh', 'Nguyễn', 'Office Manager'],
      ['bo.li', 'Bo', 'Li', 'Driver'],
    ],
  },
  {
    name: 'Operations',
    ou: ['People', 'Operations', 'Service Desk'],
    memberOf: ['Operations', 'VPN Users'],
    people: [
      ['sam.whitfield', 'Sam', 'Whitfield', 'Service Desk Analyst'],
      ['rosa.delgado', 'Rosa', 'Delgado', 'Service Desk Analyst'],
      ['victor.petrov', 'Victor', 'Petrov', 'Service Desk Engineer'],
    ],
  },
  {
    name: 'Contractors',
    ou: ['People', 'Contractors'],
    memberOf: ['Contractors'],
    people: [
      ['noah.schmidt', 'Noah', 'Schmidt', 'Consultant'],
      ['chloe.martin', 'Chloé', 'Martin', 'Designer'],
      ['jin.park', 'Jin', 'Park', 'Auditor'],
      ['ext-wanjiru.kamau01', 'Wanjirũ', 'Kamau', 'Interpreter'],
    ],
  },
  {
    name: 'IT',
    ou: ['Administration'],
    memberOf: ['Domain Admins'],
    people: [['adm.reyes', 'Morgan', 'Reyes', 'Directory Administrator']],
  },
];

const EXCEPTIONS: Record<string, PersonException> = {
  'adm.reyes': { kind: 'protected', displayName: 'Morgan Reyes (Admin)' },
  'victor.petrov': { kind: 'nestedProtected', memberOf: ['Service Desk Second Line'] },
  'jin.park': { kind: 'disabled' },
  'daniel.kim': { kind: 'smartCard' },
  'jose.garcia': { commonName: 'García, José' },
  'mei.tanaka': { memberOf: ['Payment Approvers'] },
  'na.li': { displayName: '李 娜' },
  'kenji.sato': { displayName: '佐藤 健司' },
};

export const corpPeople = describePeople(DEPARTMENTS, EXCEPTIONS);
