import { en, type Texts } from './locales/en.ts';
import { type Moment, moment } from './moment.ts';

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
  /** the script that ticks password rules */
  rulesHref: string;
  moment(at: number): Moment;
};

export function siteOf(
  tenant: { name: string; supportContact?: string | undefined; timeZone: string; publicUrl: string },
  assets: { styleHref: string; iconHref: string; rulesHref: string },
): Site {
  return {
    texts: en,
    tenantName: tenant.name,
    supportContact: tenant.supportContact,
    publicUrl: tenant.publicUrl,
    moment: (at) => moment(at, tenant.timeZone),
    ...assets,
  };
}
