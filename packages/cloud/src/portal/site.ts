import type { Config } from '../config.ts';
import { en, type Texts } from './locales/en.ts';
import { type Moment, moment, momentInList } from './moment.ts';

/** What every page needs to know of the installation it belongs to. */
export type Site = {
  texts: Texts;
  tenantName: string;
  supportContact: string | undefined;
  /** what people type to get here */
  publicUrl: string;
  /** where the style sheet is served */
  styleHref: string;
  iconHref: string;
  /** the script that ticks password rules, and shows what is typed */
  rulesHref: string;
  /** the script that seals passwords; undefined where the agents' side takes none that are sealed */
  sealHref: string | undefined;
  /** whether passwords that a browser did not seal are taken */
  sealing: Config['tenant']['sealing'];
  moment(at: number): Moment;
  /** to the second */
  momentInList(at: number): Moment;
};

export function siteOf(
  tenant: Config['tenant'] & { publicUrl: string },
  assets: Pick<Site, 'styleHref' | 'iconHref' | 'rulesHref' | 'sealHref'>,
): Site {
  const { code } = en;
  const missing = `${code.missing} ${code.missingFresh}`;
  return {
    // Said to everybody: whether it is the reason would tell whose account it is.
    texts: tenant.freshAddresses === 'refuse' ? { ...en, code: { ...code, missing } } : en,
    tenantName: tenant.name,
    supportContact: tenant.supportContact,
    publicUrl: tenant.publicUrl,
    sealing: tenant.sealing,
    moment: (at) => moment(at, tenant.timeZone),
    momentInList: (at) => momentInList(at, tenant.timeZone),
    ...assets,
  };
}
