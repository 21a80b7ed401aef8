import { existsSync, readFileSync } from "node:fs";
import { checktoken, gentoken } from "../auth/commands.ts";
import type { Config } from "../config/config.ts";
import { connectionLimitWithin } from "../config/connection-limit.ts";
import { type LoadedConfig, type LoadResult, loadConfig } from "../config/load.ts";
import type { Log } from "../core/log.ts";
import { type AdjustableLog, createLog } from "../runtime/log.ts";
import { openFilesMax } from "../runtime/open-files.ts";
import { exitCodes, exitHubFailed, type Stoppable, surviveErrors, untilSignal } from "../runtime/process.ts";
import { stderr } from "../runtime/stderr.ts";
import { systemClock } from "../runtime/system.ts";
import { tokenOptions } from "./options.ts";
import { ParentProcess, processesOf, workerWord } from "./parent.ts";
import { engineFault } from "./shared-engine.ts";
import { start, tellStart } from "./start.ts";
import { bunVersionFault, fileProblems, startProblems, whyNotStarted } from "./start-checks.ts";
import { storeProblems } from "./store-checks.ts";
import { backup, renewEpochs } from "./store-commands.ts";
import { runWorker } from "./worker.ts";

/** What a sub-command writes, and the exit code of its process. */
interface CommandResult {
  readonly text: string;
  readonly exitCode: number;
}

/** Sub-commands, by their word: `args` are the words after it. */
type Command = (args: readonly string[], config: Config) => CommandResult | Promise<CommandResult>;

const commands = new Map<string, Command>([
  ["gentoken", (args, config) => gentoken(args, tokenOptions(config), systemClock)],
  ["checktoken", (args, config) => checktoken(args, tokenOptions(config), systemClock)],
  ["backup", backup],
  ["renew-epochs", renewEpochs],
]);

/** The process: reads the configuration, then runs a sub-command or the server. `argv`: what follows the program's name. */
export async function run(argv: readonly string[]): Promise<void> {
  const fault = bunVersionFault(Bun.version);
  if (fault !== null) refuse([fault], exitCodes.forced);
  const [word = "", ...rest] = argv;
  if (word === workerWord) return await runWorker(rest);
  const command = commands.get(word) ?? null;
  const load = () =>
    loadConfig({
      argv: command ? rest : argv,
      env: process.env,
      cwd: process.cwd(),
      readFile: (path) => (existsSync(path) ? readFileSync(path, "utf8") : null),
      passOver: command !== null,
      startProblems: (config) => [...startProblems(config), ...storeProblems(config)],
    });
  const loaded = load();
  if (loaded.kind === "errors") refuse(loaded.lines, loaded.isUsage ? exitCodes.usage : exitCodes.configuration);
  if (loaded.kind === "print") {
    const fault = loaded.probed ? await engineFault(loaded.probed) : null;
    if (fault) refuse([fault.words], exitCodes.configuration);
    return console.log(loaded.text);
  }
  if (!command) return await serve(loaded, load);
  const { text, exitCode } = await command(rest, loaded.config);
  if (exitCode !== 0) refuse([text], exitCode);
  console.log(text);
}

/** Runs until a signal. `server.started` is the first line of the log, and the others about the start follow it. */
async function serve({ config, warnings, profile, file }: LoadedConfig, load: () => LoadResult): Promise<void> {
  const problems = fileProblems(config);
  if (problems.length > 0) refuse(problems, exitCodes.configuration);
  const fault = await engineFault(config);
  // A server that is away may come: until then the node is not ready.
  if (fault?.kind === "refused") refuse([fault.words], exitCodes.configuration);
  const { client } = config;
  const log = createLog(config.log, stderr);
  const { limit, isReduced } = connectionLimitWithin(client.connection_limit, openFilesMax());
  if (processesOf(config) > 1) return await serveByWorkers({ config, warnings, profile, file }, { log, load });
  const started = Promise.withResolvers<Stoppable>();
  const forever = untilSignal(started.promise, log, {
    reload: () => reloadBy((next) => server.reload(limited(next)), { load, log, profile }),
  });
  const outside = { log, setLogLevel: log.setLevel, warnings, profile, onFailure: exitHubFailed(log) };
  const server = attempt(() => start(limited(config), outside), config);
  started.resolve(server);
  tellConfig(log, { profile, file });
  if (isReduced)
    log.info("connections.limited", { limit, reason: "the open files of the process: ulimit -n raises them" });
  surviveErrors(log, () => {
    server.node.counters.errors += 1;
  });
  await forever;
}

/** The same as a parent process, with workers. */
async function serveByWorkers({ config, warnings, profile, file }: Loaded, { log, load }: Reloading): Promise<void> {
  const started = Promise.withResolvers<Stoppable>();
  const parent = attempt(() => new ParentProcess(config, { log, profile }), config);
  const reload = () => reloadBy((next) => parent.reload(next), { load, log, profile });
  const forever = untilSignal(started.promise, log, { reload });
  surviveErrors(log, () => {});
  const url = await parent.start();
  // The worker has said why.
  if (url === null) process.exit(exitCodes.forced);
  started.resolve(parent);
  tellStart(log, url, warnings);
  tellConfig(log, { profile, file });
  parent.tellWorkers();
  await forever;
}

/** What a new configuration is read with. */
interface Reloading {
  readonly load: () => LoadResult;
  readonly log: AdjustableLog;
}

type Loaded = Pick<LoadedConfig, "config" | "warnings" | "profile" | "file">;

function tellConfig(log: Log, { profile, file }: Pick<Loaded, "profile" | "file">): void {
  if (file === null)
    log.info("profile.development", { hint: "everyone on this machine may do everything; a config.json ends that" });
  else log.info("config.loaded", { file, profile });
}

/** The configuration with no more connections than the process may have open files. */
function limited(config: Config): Config {
  const { limit } = connectionLimitWithin(config.client.connection_limit, openFilesMax());
  return { ...config, client: { ...config.client, connection_limit: limit } };
}

/** Reads the configuration again and has it taken over; one with a mistake changes nothing. */
function reloadBy(take: (next: Config) => void, { load, log, profile }: Reloading & { profile: string }): void {
  const loaded = load();
  if (loaded.kind === "run" && loaded.profile === profile) {
    for (const line of loaded.warnings) log.warn("config.warning", { line });
    take(loaded.config);
    return;
  }
  const lines = loaded.kind === "errors" ? loaded.lines : ["a configuration file that came or went needs a new start"];
  for (const line of lines) log.error("reload.failed", { line });
}

/** What cannot be started ends the process, in words. */
function attempt<Value>(begin: () => Value, config: Config): Value {
  try {
    return begin();
  } catch (error) {
    refuse([whyNotStarted(error, config)], exitCodes.forced);
  }
}

/** Writes to stderr why the process ends, and ends it. */
function refuse(lines: readonly string[], exitCode: number): never {
  for (const line of lines) console.error(line);
  process.exit(exitCode);
}
