import type * as v from "valibot";
import type { Result } from "../core/result.ts";
import type { configSchema } from "./schema.ts";

/** The whole configuration, valid. Names are those of the file; times are in milliseconds, sizes in bytes. */
export type Config = v.InferOutput<typeof configSchema>;

/** The shape of the file: everything that has a default may be left out. */
export type ConfigInput = v.InferInput<typeof configSchema>;

/** The rules of the channels of one namespace. */
export type ChannelRules = Config["channel"]["without_namespace"];

/** A configuration and its warnings. */
interface ParsedConfig {
  readonly config: Config;
  readonly warnings: readonly string[];
}

/** A configuration, or everything that is wrong with it: one line each, beginning with a path. */
export type ParseResult = Result<ParsedConfig, readonly string[]>;
