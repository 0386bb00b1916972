import type { Message } from '../session.ts';

/** What a session has to tell, kept with it: a message stays until each channel has been told. */
export interface Outbox {
  /** What is not told yet on each of these channels, oldest first. */
  pending(channels: readonly string[]): readonly { readonly message: Message; readonly channel: string }[];
  /** A channel has been told, at an instant in ms UTC. */
  tell(id: string, channel: string, at: number): void;
}
