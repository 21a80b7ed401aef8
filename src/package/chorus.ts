/**
 * The package: all that `import ... from "chorus"` gives. Contracts are in `chorus/contract`, the client in
 * `chorus/client`; neither of them is for the server alone.
 *
 * @module
 */
export { type App, type ApplicationOptions, chorus, type Definition } from "../application.ts";
export type {
  Channel,
  ChannelSchemas,
  Contract,
  ContractSchemas,
  ErrorCodes,
  Member,
  Params,
  Position,
  Publication,
  Rpc,
  RpcSchemas,
} from "../contract/contract.ts";
export type { Reason } from "../contract/errors.ts";
export {
  type Accepted,
  type Awaitable,
  accept,
  type Duration,
  type RefusalDetails,
  type Refused,
  refuse,
} from "../hooks/in-process/answers.ts";
export type { Connection, EndReason, Upgrade } from "../hooks/in-process/connection.ts";
export type {
  Allowed,
  Attempt,
  Authenticate,
  ChannelHandlers,
  ChannelOptions,
  HandlerOptions,
  Handlers,
  Needed,
  On,
  OnChannel,
  PublishHandler,
  Refreshed,
  RpcHandler,
  SendHandler,
  SubscribeHandler,
  Verified,
  With,
} from "../hooks/in-process/handlers.ts";
export type { HostServer, HostSocketHandler, OwnSocket, OwnSocketHandler } from "../hooks/in-process/host.ts";
export type {
  ChannelPublish,
  HistoryRange,
  MessageOptions,
  PatternOf,
  Sent,
  Server,
  ServerChannel,
  ServerChannelOf,
  ServerSubscribeOptions,
} from "../hooks/in-process/server.ts";
export {
  ConfigError,
  isOperationError,
  type RunningServer,
  type ServerConfig,
  type StartOptions,
  startServer,
} from "../server.ts";
