import { buildGo, findGo } from "../measure/go.ts";
import type { Speech } from "../speech/speech.ts";

/** Connections that are opened at once, and stay open until they are closed together. */
export interface OpenStorm {
  /** From the first connect to the last answer. */
  readonly milliseconds: number;
  close(): Promise<void>;
}

/** Where the connections go. */
export interface StormTarget {
  readonly port: number;
  readonly speech: Speech;
  readonly channel: string;
}

/**
 * The program that opens connections, or null where Go is not installed. A load process of Bun opens 26,000 connections a
 * second, fewer than a bare Bun server accepts; this one opens more than any server here.
 */
export async function stormProgram(): Promise<string | null> {
  const go = findGo();
  return go === null ? null : buildGo(go, "load/storm");
}

/** Opens `count` connections as fast as the server answers them; throws where it refuses or closes one. */
export async function openStorm(program: string, target: StormTarget, count: number): Promise<OpenStorm> {
  const { port, speech, channel } = target;
  const [join] = speech.joinFrames(channel);
  const joining = join === undefined ? [] : ["-join", String(join), "-expect", '"subscribe":'];
  const options = ["-port", String(port), "-path", speech.target(channel), "-count", String(count), ...joining];
  const child = Bun.spawn([program, ...options], { stdio: ["pipe", "pipe", "pipe"] });
  const { value } = await child.stdout.getReader().read();
  const took = /^took ([\d.]+)$/m.exec(new TextDecoder().decode(value));
  if (!took) throw new Error((await new Response(child.stderr).text()).trim());
  return {
    milliseconds: Number(took[1]),
    close: async () => {
      await child.stdin.end();
      await child.exited;
    },
  };
}
