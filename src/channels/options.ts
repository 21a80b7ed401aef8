import type { ChannelConfig, ChannelOptions } from "../options/channel.ts";

/** Where history is kept: in this process, or in a server that several nodes share. */
export type Engine = Exclude<ChannelOptions["engine"], ""> | "redis";

/** `json` and `json_object` are checked, `binary` takes everything, also nothing; "" takes everything but nothing. */
export type PublicationDataFormat = ChannelConfig["publication_data_format"];

/** What else the rules of channels depend on. */
export interface ClientFlags {
  /** `client.insecure`: everyone may do everything, but for what needs a token or a feature that is off. */
  readonly insecure: boolean;
  /** Names that begin so belong to no namespace; null, and absent, reserves none. */
  readonly reserved?: string | null;
  /** `engine.type` */
  readonly engine: Engine;
  /** `client.subscribe_to_user_personal_channel` */
  readonly subscribe_to_user_personal_channel: {
    readonly enabled: boolean;
    readonly personal_channel_namespace: string;
  };
}
