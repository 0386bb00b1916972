import { z } from 'zod';
import { ticks } from '../live/cron.ts';
import { isChat } from '../live/notify/telegram.ts';
import { isWebhook } from '../live/notify/webhook.ts';
import { choice, duration, section, text } from './fields.ts';

/*
 * The section paper of a bot file. Whatever lets a stranger in or write to somebody is named by `${NAME}` of an environment variable, so
 * that a bot file can be shown around; what such a text stands for is checked when a session begins.
 */

const cronWords = 'auto, or a cron expression that ticks, such as "5 0 */4 * * *" (UTC, seconds first)';
const webhookWords = `an https address (http on this machine), or \${NAME} of an environment variable that holds one`;
const tokenWords = `\${NAME} of the environment variable that holds the token`;
const chatWords = `the number or @name of a chat, or \${NAME} of an environment variable that holds it`;

const notifierWords = 'a section with either webhook or telegram';
const notifier = section({
  webhook: text(webhookWords)
    .refine((value) => value.includes('${') || isWebhook(value), { error: webhookWords })
    .exactOptional(),
  telegram: section({
    // A token in the file itself would be printed and stored with every run.
    token: text(tokenWords).regex(/^\$\{\w+\}$/, { error: tokenWords }),
    chat: z.union(
      [text(chatWords).refine((value) => value.includes('${') || isChat(value), { error: chatWords }), z.int({ error: chatWords })],
      { error: chatWords },
    ),
  }).exactOptional(),
  on: z
    .array(choice(['order', 'fill', 'rejection', 'guard', 'hand', 'fit', 'alert']), {
      error: 'a list of what to tell, such as [fill, alert]',
    })
    .min(1, { error: 'a list of at least one thing to tell, such as [fill, alert]' })
    .exactOptional(),
}).refine(({ webhook, telegram }) => (webhook === undefined) !== (telegram === undefined), {
  error: notifierWords,
  // A key that is misspelt says enough by itself.
  when: ({ issues }) => issues.length === 0,
});

export const paper = section({
  cron: text(cronWords)
    .refine((value) => value === 'auto' || ticks(value), { error: cronWords })
    .exactOptional(),
  grace: duration.exactOptional(),
  maxLateness: duration.exactOptional(),
  missed: choice(['skip', 'replay']).exactOptional(),
  onExpired: choice(['flat', 'hold']).exactOptional(),
  notify: z.array(notifier, { error: 'a list of notifiers' }).exactOptional(),
});

export type PaperConfig = z.output<typeof paper>;
