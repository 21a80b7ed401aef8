/**
 * `chorus/contract`: the messages between clients and server. No server code, and nothing of Bun.
 *
 * @module
 */
export {
  type CallsOf,
  type Channel,
  type ChannelSchemas,
  type ChannelsOf,
  type CodesOf,
  type Contract,
  type ContractSchemas,
  channel,
  contract,
  type Empty,
  type ErrorCodes,
  type InfoOf,
  type Input,
  type Member,
  type MessagesOf,
  type Output,
  type Params,
  type ParamsArgs,
  type Position,
  type Publication,
  type Rpc,
  type RpcSchemas,
  rpc,
  type SendsOf,
} from "../contract/contract.ts";
export type { Reason } from "../contract/errors.ts";
