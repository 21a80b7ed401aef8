import { accessSync, constants, existsSync, mkdtempSync, rmdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { sharedEngine } from "../config/shared-engine.ts";
import { hasApi } from "./api.ts";
import { hasEventHooks } from "./http-hooks.ts";

/** Whether a channel of the configuration has its history in the file. */
export function keepsOnDisk(config: Config): boolean {
  if (sharedEngine(config) !== null) return false;
  const { engine, channel } = config;
  return [channel.without_namespace, ...channel.namespaces].some(
    (options) => options.history_size > 0 && (options.engine || engine.type) === "sqlite",
  );
}

/**
 * What keeps the files of the stores from being written, a line each, for `--check-config`. It is tried in the folder, or
 * in the one that it would be made in, and nothing stays behind.
 */
export function storeProblems(config: Config): readonly string[] {
  const { engine, push_log, event_outbox } = config;
  const files = [
    ...(keepsOnDisk(config) ? [{ option: "engine.sqlite.path", path: engine.sqlite.path }] : []),
    ...(hasApi(config) && push_log.enabled ? [{ option: "push_log.path", path: push_log.path }] : []),
    ...(hasEventHooks(config) ? [{ option: "event_outbox.path", path: event_outbox.path }] : []),
  ];
  return files.flatMap(({ option, path }) => {
    const fault = writeFault(resolve(path));
    return fault === null ? [] : [`${option}: ${path} cannot be written: ${fault}`];
  });
}

/** Why a file cannot be written or made; null where it can. */
function writeFault(path: string): string | null {
  try {
    if (existsSync(path)) {
      if (!statSync(path).isFile()) return "it is no file";
      accessSync(path, constants.R_OK | constants.W_OK);
    }
    const folder = nearestFolder(dirname(path));
    if (!statSync(folder).isDirectory()) return `${folder} is no folder`;
    rmdirSync(mkdtempSync(join(folder, ".chorus-check-")));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The folder, or the first above it that is there. */
function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}
