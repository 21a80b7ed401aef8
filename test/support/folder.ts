import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is gone after the test. */
export class TemporaryFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TemporaryFolder> {
    return new TemporaryFolder(await mkdtemp(join(tmpdir(), "chorus-test-")));
  }

  /** Options of a server that keeps its history in this folder. No test cuts the power: a commit need not wait for the disk. */
  get engine() {
    return { type: "sqlite", sqlite: { path: join(this.path, "chorus.db"), synchronous: "normal" } } as const;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
