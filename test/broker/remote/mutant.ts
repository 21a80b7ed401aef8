import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RemoteBroker } from "../../../src/broker/remote/remote-broker.ts";

/** A place in the remote broker's source, and what stands there in a copy that is wrong. */
export interface Mutation {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The remote broker of a copy of the source with one mistake. The copy lies where packages are found, and is removed. */
export async function mutant({ file, find, replace }: Mutation): Promise<typeof RemoteBroker> {
  const parent = join("node_modules", ".cache");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "mutant-"));
  try {
    for (const room of ["broker", "core"]) cpSync(join("src", room), join(folder, room), { recursive: true });
    const path = join(folder, "broker", "remote", file);
    const source = readFileSync(path, "utf8");
    if (source.split(find).length !== 2) throw new Error(`${file} does not have "${find}" once.`);
    writeFileSync(path, source.replace(find, replace));
    const module: { RemoteBroker: typeof RemoteBroker } = await import(
      join(process.cwd(), folder, "broker", "remote", "remote-broker.ts")
    );
    return module.RemoteBroker;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
