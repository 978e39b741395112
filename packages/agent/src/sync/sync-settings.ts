import { z } from 'zod';

const attribute = z.string().regex(/^[a-z][a-z0-9-]{0,255}$/i, 'must be the name of an attribute');

/** `sync` in the agent's configuration file. */
export const syncSettings = z
  .strictObject({
    everySeconds: z
      .number()
      .int()
      .min(5)
      .max(86_400)
      .default(30)
      .describe('pause between two cycles that read what changed'),
    fullEveryHours: z
      .number()
      .int()
      .min(1)
      .max(8_760)
      .default(168)
      .describe('everything is read again after so long: that finds deletions which the account cannot see'),
    groups: z.boolean().default(true).describe('bring groups and their members to the cloud too'),
    matching: z
      .discriminatedUnion(
        'by',
        [
          z.strictObject({ by: z.literal('identity') }),
          z.strictObject({ by: z.literal('mail') }),
          z.strictObject({ by: z.literal('masterAccountSid') }),
          z.strictObject({ by: z.literal('mailNickname') }),
          z.strictObject({ by: z.literal('attribute'), attribute }),
        ],
        'must name one of identity, mail, masterAccountSid, mailNickname, attribute, as in {"by": "mail"}',
      )
      .default({ by: 'identity' })
      .describe('how [the same person in several forests](synchronisation.md#settings) is recognised'),
  })
  .prefault({});

export type SyncSettings = z.infer<typeof syncSettings>;
