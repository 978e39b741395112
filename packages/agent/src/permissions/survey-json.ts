import { isHeld } from '@homeward/active-directory';
import { RIGHT_NAMES } from './right-names.ts';
import { lacksNeeded, lacksOptional, type RightsSurvey } from './survey-rights.ts';

/** The survey for programs: plain data with the names of the code, stable within a version. */
export function surveyJson(survey: RightsSurvey) {
  const lacks = lacksNeeded(survey);
  return {
    account: survey.trustee,
    domain: survey.domain,
    marker: survey.marker,
    scope: survey.scope ?? null,
    allNeededHeld: lacks.length === 0,
    needed: lacks,
    optional: lacksOptional(survey),
    objects: survey.single.map(({ right, dn, evaluated }) => ({
      right,
      dn,
      isNeeded: RIGHT_NAMES[right].brings === undefined,
      isHeld: isHeld(evaluated),
      ...evaluated,
    })),
    organizationalUnits: survey.places.map(
      ({ dn, people, counts, rights, blocksInheritance, exceptions }) => ({
        dn,
        people,
        counts,
        blocksInheritance,
        rights,
        exceptions,
      }),
    ),
  };
}
