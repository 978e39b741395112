/** For an operator, a sentence each. Nothing here is for the person who asked: their texts are the portal's. */
export type Advice = {
  happened: string;
  means: string;
  /** what to do next */
  next: string;
};
