import type { Config, ConfigInput } from "../config/config.ts";
import { parseConfig } from "../config/parse.ts";
import type { Profile as ConfigProfile } from "../config/profiles.ts";
import { mergeTrees, type Tree } from "../config/tree.ts";
import { noClientAdmitted } from "../config/warnings.ts";
import type { Result } from "../core/result.ts";
import type { ApplicationDefinition } from "../hooks/in-process/in-process.ts";
import { declareChannels } from "../hooks/in-process/runtime.ts";
import { namespaceConflicts } from "./declared-channels.ts";
import { hookConflicts } from "./http-hooks.ts";
import { engineFault } from "./shared-engine.ts";
import { type Outside, type Started, start } from "./start.ts";
import { fileProblems } from "./start-checks.ts";

/** A configuration in the shape of the file: everything may be left out. */
export type Input = ConfigInput;

/** What holds where the configuration is silent. */
export type Profile = ConfigProfile;

/**
 * Starts a server with a configuration in the shape of the file; neither the environment nor a file is read. The lines of
 * a configuration that is not valid begin with the path of a mistake.
 *
 * @throws as `start` does
 */
export function startConfigured(input: Input | undefined, outside: Outside): Result<Started, readonly string[]> {
  const { application } = outside;
  const { parsed, profile } = read(input, outside);
  if (!parsed.ok) return { ok: false, error: parsed.error };
  const { config } = parsed.value;
  // An application that authenticates needs no key.
  const warnings = parsed.value.warnings.filter((line) => line !== noClientAdmitted || !application?.authenticate);
  const conflicts = application
    ? [
        ...namespaceConflicts(declareChannels(application.schemas, application.handlers), config),
        ...hookConflicts(config),
      ]
    : [];
  const problems = [...conflicts, ...processProblems(config), ...fileProblems(config)];
  return problems.length > 0
    ? { ok: false, error: problems }
    : { ok: true, value: start(config, { ...outside, profile, warnings }) };
}

/**
 * The same, after what several nodes share was asked once: where it refuses this node, nothing is started. Where it cannot
 * be reached the node starts, and is ready when that comes.
 *
 * @throws as `start` does
 */
export async function startChecked(
  input: Input | undefined,
  outside: Outside,
): Promise<Result<Started, readonly string[]>> {
  const { parsed } = read(input, outside);
  const fault = parsed.ok ? await engineFault(parsed.value.config) : null;
  return fault?.kind === "refused" ? { ok: false, error: [fault.words] } : startConfigured(input, outside);
}

function read(input: Input | undefined, { application, profile: chosen }: Outside) {
  const profile = chosen ?? (input ? "file" : "development");
  const tree = mergeTrees(application ? applicationDefaults(application) : {}, input ?? {});
  return { profile, parsed: parseConfig(tree, profile) };
}

/** A server inside of a program cannot start that program again. */
function processProblems({ node }: Config): readonly string[] {
  if (node.processes === 1) return [];
  return ["node.processes: expected 1 in a server that a program starts itself: the command alone has several"];
}

/** What holds for an application where its configuration is silent: without `authenticate` clients need no token. */
function applicationDefaults({ authenticate }: ApplicationDefinition): Input & Tree {
  return { web: { enabled: false }, client: { allow_anonymous_connect_without_token: authenticate === null } };
}
