import { existsSync, readFileSync } from "node:fs";
import { tokenOptions } from "./app/options.ts";
import { bunVersionFault, whyNotStarted } from "./app/start-checks.ts";
import { checktoken, gentoken } from "./auth/commands.ts";
import { connectionLimitWithin } from "./config/connection-limit.ts";
import { type LoadedConfig, loadConfig } from "./config/load.ts";
import { createLog } from "./runtime/log.ts";
import { openFilesMax } from "./runtime/open-files.ts";
import { exitCodes, exitHubFailed, surviveErrors, untilSignal } from "./runtime/process.ts";
import { systemClock } from "./runtime/system.ts";
import { ConfigError, listen, type RunningServer } from "./server.ts";

const fault = bunVersionFault(Bun.version);
if (fault !== null) refuse([fault], exitCodes.forced);

const [word, ...rest] = process.argv.slice(2);
const command = word === "gentoken" ? gentoken : word === "checktoken" ? checktoken : null;
const loaded = loadConfig({
  argv: command ? rest : process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  readFile: (path) => (existsSync(path) ? readFileSync(path, "utf8") : null),
  passOver: command !== null,
});

if (loaded.kind === "errors") {
  refuse(loaded.lines, loaded.isUsage ? exitCodes.usage : exitCodes.configuration);
} else if (loaded.kind === "print") {
  console.log(loaded.text);
} else if (command) {
  const { text, exitCode } = await command(rest, tokenOptions(loaded.config), systemClock);
  if (exitCode !== 0) refuse([text], exitCode);
  console.log(text);
} else {
  await serve(loaded);
}

/** Runs until a signal. What is to be said at the start is said after `server.started`, the first line. */
async function serve({ config, warnings, profile, file }: LoadedConfig): Promise<void> {
  const { client } = config;
  const log = createLog(config.log, process.stderr);
  const { limit, isReduced } = connectionLimitWithin(client.connection_limit, openFilesMax());
  const started = Promise.withResolvers<RunningServer>();
  const forever = untilSignal(started.promise, log);
  try {
    const limited = { ...config, client: { ...client, connection_limit: limit } };
    const server = listen(limited, { log, warnings, onFailure: exitHubFailed(log) });
    started.resolve(server);
    if (file === null)
      log.info("profile.development", { hint: "everyone on this machine may do everything; a config.json ends that" });
    else log.info("config.loaded", { file, profile });
    if (isReduced) log.info("connections.limited", { limit, reason: "the process may open no more files" });
    surviveErrors(log, () => {
      server.node.counters.errors += 1;
    });
  } catch (error) {
    if (error instanceof ConfigError) refuse(error.lines, exitCodes.configuration);
    refuse([whyNotStarted(error, config)], exitCodes.forced);
  }
  await forever;
}

/** Says on stderr why not, and ends. */
function refuse(lines: readonly string[], exitCode: number): never {
  for (const line of lines) console.error(line);
  process.exit(exitCode);
}
