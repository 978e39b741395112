/** Now, in Unix milliseconds. Injected wherever a result depends on time. */
export type Clock = () => number;
