/**
 * `chorus/client`: a stock `centrifuge` client with the types of a contract. Runs in browsers, Bun and Node.
 *
 * @module
 */
export type { ChannelClient, ChannelEvents, Subscribed } from "../client/channel.ts";
export { type CallOptions, type Client, createClient } from "../client/client.ts";
export type { ClientReason, Failure, Result } from "../client/result.ts";
