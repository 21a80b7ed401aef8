import packageJson from "../../package.json" with { type: "json" };
import { oneLine } from "../options/expectations.ts";
import type { Config } from "./config.ts";
import { type FileAccess, readConfigFile } from "./config-file.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { type Flags, parseFlags } from "./flags.ts";
import { help } from "./help.ts";
import { parseConfig } from "./parse.ts";
import { printConfig } from "./print.ts";
import type { Profile } from "./profiles.ts";
import { mergeTrees, type Tree, treeOf } from "./tree.ts";

/** Where a configuration comes from. */
export interface LoadOptions extends FileAccess {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /**
   * Whether words and flags that are not known belong to a sub-command, which reads them itself (`gentoken --user ann`).
   * Otherwise they are errors.
   */
  readonly passOver?: boolean;
  /** What else would stop a start with a valid configuration, a line each; `--check-config` reports it. */
  readonly startProblems?: (config: Config) => readonly string[];
}

/** A configuration to run with. */
export interface LoadedConfig {
  readonly kind: "run";
  readonly config: Config;
  /** One line each, to be said once. */
  readonly warnings: readonly string[];
  readonly profile: Profile;
  /** The whole path of the file that was read; null in the development profile. */
  readonly file: string | null;
}

/** What follows: run; write what is wrong to stderr and exit; or write the text to stdout and exit. */
export type LoadResult =
  | LoadedConfig
  | {
      readonly kind: "errors";
      readonly lines: readonly string[];
      /** Whether the command line itself cannot be read; otherwise it is the configuration. */
      readonly isUsage: boolean;
    }
  | {
      readonly kind: "print";
      readonly text: string;
      readonly exitCode: 0;
      /** The configuration whose engine is tried first; absent where none is. */
      readonly probed?: Config;
    };

/** The options that have a flag. */
const flagPaths = { address: ["http_server", "address"], port: ["http_server", "port"] } as const;

/**
 * Loads the configuration: defaults, then the file, then the environment, then flags; later ones win. No line and no
 * text holds a secret.
 */
export function loadConfig(options: LoadOptions): LoadResult {
  const parsedFlags = parseFlags(options.argv, { passOver: options.passOver ?? false });
  if (!parsedFlags.ok) return { kind: "errors", lines: parsedFlags.error.map(oneLine), isUsage: true };
  const flags = parsedFlags.value;
  if (flags.print === "help") return print(help);
  if (flags.print === "version") return print(packageJson.version);

  const found = readConfigFile(flags.config ?? (options.env["CHORUS_CONFIG"] || undefined), options);
  if (!found.ok) return errors([oneLine(found.error)]);
  const environment = readEnvironment(options.env, found.value.tree);
  const given = readFlagOptions(flags);
  const profile = found.value.file === null ? "development" : "file";
  const parsed = parseConfig(mergeTrees(mergeTrees(found.value.tree, environment.tree), given.tree), profile);
  const origins = new Map([...environment.origins, ...given.origins]);
  if (!parsed.ok) return errors(parsed.error.map((line) => withOrigin(line, origins)));
  const warnings = [
    ...parsed.value.warnings.map((line) => withOrigin(line, origins)),
    ...environment.warnings.map(oneLine),
  ];
  const problems = flags.print === "check-config" ? (options.startProblems?.(parsed.value.config) ?? []) : [];
  if (problems.length > 0) return errors(problems.map(oneLine));
  return outcome(flags, { kind: "run", config: parsed.value.config, warnings, profile, file: found.value.file });
}

/** A valid configuration is run, unless a flag asks to look at it. */
function outcome(flags: Flags, loaded: LoadedConfig): LoadResult {
  if (flags.print === "print-config") return print(printConfig(loaded.config));
  if (flags.print !== "check-config") return loaded;
  const source = loaded.file ?? "the development profile, because there is no file";
  const warnings = loaded.warnings.map((line) => `warning: ${line}`);
  const valid = print([...warnings, `The configuration is valid: ${source}`].join("\n"));
  return flags.isProbe ? { ...valid, probed: loaded.config } : valid;
}

function errors(lines: readonly string[]): LoadResult {
  return { kind: "errors", lines, isUsage: false };
}

function print(text: string): Extract<LoadResult, { kind: "print" }> {
  return { kind: "print", text, exitCode: 0 };
}

/** The options that flags set; a port that is no number stays text, of which the schema then says what it expected. */
function readFlagOptions(flags: Flags): { tree: Tree; origins: Map<string, string> } {
  const origins = new Map<string, string>();
  let tree: Tree = {};
  for (const name of ["address", "port"] as const) {
    const text = flags[name];
    if (text === undefined) continue;
    tree = mergeTrees(tree, treeOf(flagPaths[name], name === "port" && /^\d+$/.test(text) ? Number(text) : text));
    origins.set(flagPaths[name].join("."), `--${name}`);
  }
  return { tree, origins };
}

/** Says where an option came from, where that was not the file; one in a list came from where the list did. */
function withOrigin(line: string, origins: ReadonlyMap<string, string>): string {
  const [path = ""] = line.split(/[:[]/, 1);
  const origin = origins.get(path);
  return origin === undefined ? line : `${line} (from ${origin})`;
}
