/** A time as it is told: in words, and for `<time datetime>`. */
export type Moment = { iso: string; text: string };

/** Pages are made without script, so times are told in the organisation's zone, by name. */
export function moment(at: number, timeZone: string, locale = 'en-GB'): Moment {
  const date = new Date(at);
  const text = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
    timeZoneName: 'short',
  }).format(date);
  return { iso: date.toISOString(), text };
}

/** To the second and in short, as lists of what happened tell it. */
export function momentInList(at: number, timeZone: string, locale = 'en-GB'): Moment {
  const date = new Date(at);
  const text = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'long',
    timeZone,
  }).format(date);
  return { iso: date.toISOString(), text };
}
