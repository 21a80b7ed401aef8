import { join } from "node:path";
import { TemporaryFolder } from "../support/folder.ts";

/** Packages that applications bring along: schema libraries, and what their frameworks are. */
const companions = ["valibot", "zod", "arktype", "ws", "@types/bun"];

/** A fresh project, in which the packed package is installed. */
export class PackedProject implements AsyncDisposable {
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  /** Builds the package, packs it and installs it with what an application of its own would have. */
  static async create(): Promise<PackedProject> {
    const project = new PackedProject(await TemporaryFolder.create());
    const manifest = await Bun.file("package.json").json();
    // Packing builds first: a fresh clone has nothing to pack.
    await runIn(process.cwd(), ["bun", "pm", "pack", "--destination", project.path, "--quiet"]);
    const [tarball = ""] = [...new Bun.Glob("*.tgz").scanSync(project.path)];
    const versions = { ...manifest.dependencies, ...manifest.devDependencies };
    const others = Object.fromEntries(companions.map((name) => [name, versions[name]]));
    await project.write("package.json", {
      type: "module",
      dependencies: { [manifest.name]: `./${tarball}`, ...others },
    });
    await project.run("bun", "install");
    return project;
  }

  get path(): string {
    return this.#folder.path;
  }

  /** Writes a file: a text as it is, anything else as JSON. */
  async write(name: string, content: unknown): Promise<void> {
    await Bun.write(join(this.path, name), typeof content === "string" ? content : JSON.stringify(content));
  }

  /** Runs a command in the project, with variables that an in-process server must not read; answers what it prints. */
  run(...command: readonly string[]): Promise<string> {
    return runIn(this.path, command, { CHORUS_HTTP_SERVER_PORT: "1", CHORUS_HTTP_API_KEY: "sesame" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#folder[Symbol.asyncDispose]();
  }
}

async function runIn(cwd: string, command: readonly string[], variables: Record<string, string> = {}): Promise<string> {
  const child = Bun.spawn([...command], { cwd, env: { ...process.env, ...variables }, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed:\n${out}${err}`);
  return out;
}
