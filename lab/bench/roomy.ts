/** As many resets from one address, and writes in one minute, as a measurement makes would be stopped otherwise. */
const ROOMY = { max: 1_000_000, withinSeconds: 60, blockSeconds: 1 };

/** `limits` of the cloud's configuration */
export const ROOMY_LIMITS = {
  codesAsked: ROOMY,
  codesAskedInADay: ROOMY,
  startsFromAddress: ROOMY,
  wrongCodes: ROOMY,
  wrongCodesFromAddress: ROOMY,
};

/** the agent's own rules */
export const ROOMY_RULES = { writesPerMinute: 100_000, writesPerHour: 1_000_000 };
