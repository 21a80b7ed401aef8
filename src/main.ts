import { existsSync, readFileSync } from "node:fs";
import { checktoken, gentoken } from "./auth/commands.ts";
import { connectionLimitWithin } from "./config/connection-limit.ts";
import { type LoadedConfig, loadConfig } from "./config/load.ts";
import { tokenOptions } from "./options.ts";
import { createLog } from "./runtime/log.ts";
import { openFilesMax } from "./runtime/open-files.ts";
import { exitCodes, exitHubFailed, surviveErrors, untilSignal } from "./runtime/process.ts";
import { systemClock } from "./runtime/system.ts";
import { listen, type RunningServer } from "./server.ts";

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
  for (const line of loaded.lines) console.error(line);
  process.exitCode = exitCodes.configuration;
} else if (loaded.kind === "print") {
  console.log(loaded.text);
} else if (command) {
  const { text, exitCode } = await command(rest, tokenOptions(loaded.config), systemClock);
  console.log(text);
  process.exitCode = exitCode;
} else {
  await serve(loaded);
}

/** Runs until a signal. What is to be said at the start is said after `server.started`, the first line. */
async function serve({ config, warnings, profile, file }: LoadedConfig): Promise<void> {
  const { client, http_server: http } = config;
  const log = createLog(config.log, process.stderr);
  const { limit, isReduced } = connectionLimitWithin(client.connection_limit, openFilesMax());
  const started = Promise.withResolvers<RunningServer>();
  const forever = untilSignal(started.promise, log);
  try {
    const limited = { ...config, client: { ...client, connection_limit: limit } };
    const server = listen(limited, { log, warnings, onFailure: exitHubFailed(log) });
    started.resolve(server);
    if (file === null)
      log.info("profile.development", { hint: "everything is allowed, on this machine: write a file" });
    else log.info("config.loaded", { file, profile });
    if (isReduced) log.info("connections.limited", { limit, reason: "the process may open no more files" });
    surviveErrors(log, () => {
      server.node.counters.errors += 1;
    });
  } catch (error) {
    console.error(whyNotStarted(error, `${http.address}:${http.port}`));
    process.exit(exitCodes.forced);
  }
  await forever;
}

/** One line for a person: what stands in the way, and what to do. */
function whyNotStarted(error: unknown, place: string): string {
  if (!(error instanceof Error)) return `The server cannot start: ${String(error)}`;
  if (!("code" in error) || error.code !== "EADDRINUSE") return `The server cannot start: ${error.message}`;
  return `${place} is in use: stop what uses it, or choose another port with --port.`;
}
