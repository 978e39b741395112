/** What a directory said to a password; `unavailable` tells in words why it said nothing. */
export type PasswordProof = 'accepted' | 'refused' | { unavailable: string };
