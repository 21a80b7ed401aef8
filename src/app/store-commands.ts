import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { renewStoredEpochs } from "../broker/local/sqlite/epoch-rotation.ts";
import type { Config } from "../config/config.ts";
import { exitCodes } from "../runtime/process.ts";
import { systemRandom } from "../runtime/system.ts";
import { backUp } from "../sqlite/backup.ts";

/** What a command writes, and with which code its process ends. */
interface CommandResult {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * `backup FILE`: writes the history to FILE and, where there are any, the publish log and the messages that wait to
 * FILE-push, while the server runs or does not.
 */
export function backup(args: readonly string[], { engine, push_log }: Config): CommandResult {
  const [file, ...rest] = wordsOf(args) ?? [];
  if (file === undefined || rest.length > 0) return { text: "usage: backup FILE", exitCode: exitCodes.usage };
  return attempt(() => {
    backUp(engine.sqlite.path, file);
    if (!existsSync(push_log.path)) return `${engine.sqlite.path} is copied to ${file}`;
    backUp(push_log.path, `${file}-push`);
    return `${engine.sqlite.path} is copied to ${file}, and ${push_log.path} to ${file}-push`;
  });
}

/** `renew-epochs`: the last step of restoring a disk or a machine, while no server runs. */
export function renewEpochs(args: readonly string[], { engine }: Config): CommandResult {
  if (wordsOf(args)?.length !== 0) return { text: "usage: renew-epochs", exitCode: exitCodes.usage };
  return attempt(() => {
    const streams = renewStoredEpochs(engine.sqlite.path, systemRandom);
    return `${engine.sqlite.path}: new epochs for ${streams} ${streams === 1 ? "channel" : "channels"}`;
  });
}

/** The words that are not flags; null where a flag is not known. `--config` has been read by then. */
function wordsOf(args: readonly string[]): string[] | null {
  try {
    const options = { config: { type: "string", short: "c" } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true }).positionals;
  } catch {
    return null;
  }
}

function attempt(work: () => string): CommandResult {
  try {
    return { text: work(), exitCode: exitCodes.drained };
  } catch (error) {
    return { text: error instanceof Error ? error.message : String(error), exitCode: exitCodes.forced };
  }
}
