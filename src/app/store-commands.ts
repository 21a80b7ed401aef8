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
 * `backup FILE`: writes the history to FILE, and the publish log and the messages that wait to FILE-push, as far as there
 * are any, while the server runs or does not.
 */
export function backup(args: readonly string[], { engine, push_log }: Config): CommandResult {
  const [file, ...rest] = wordsOf(args) ?? [];
  if (file === undefined || rest.length > 0) return { text: "usage: backup FILE", exitCode: exitCodes.usage };
  return attempt(() => {
    const history = { path: engine.sqlite.path, file };
    const copies = [history, { path: push_log.path, file: `${file}-push` }].filter(({ path }) => existsSync(path));
    backUp(copies.length > 0 ? copies : [history]);
    return copies.map((copy) => `${copy.path} is copied to ${copy.file}`).join(", and ");
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
