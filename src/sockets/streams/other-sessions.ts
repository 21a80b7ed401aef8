import type { Surveys } from "../../cluster/surveys.ts";
import type { Frame } from "../../core/frame.ts";
import { isObject } from "../../core/object.ts";
import { type EmulationPorts, type EmulationRequest, type OtherSessions, takeCommands } from "./emulation.ts";

/** What requests are called that reach another node than that of their session. */
const kind = "emulation";

/** Hands requests to the nodes of their sessions, and takes those of this node from others. */
export function createOtherSessions(
  surveys: Surveys,
  ports: Pick<EmulationPorts, "sessions" | "execute">,
): OtherSessions {
  surveys.onAsked(kind, async (body) => {
    const { emulation, isProtobuf } = decode(body);
    await takeCommands(ports, emulation, isProtobuf);
    return "";
  });
  return {
    async handOver(emulation, isProtobuf) {
      return (await surveys.askOne(emulation.node, kind, encode(emulation, isProtobuf))) !== null;
    },
  };
}

function encode({ session, node, data }: EmulationRequest, isProtobuf: boolean): string {
  const text = typeof data === "string" ? { text: data } : {};
  const bytes = data !== null && typeof data !== "string" ? { bytes: Buffer.from(data).toString("base64") } : {};
  return JSON.stringify({ session, node, isProtobuf, ...text, ...bytes });
}

/** Throws where it is damaged. */
function decode(body: string): { readonly emulation: EmulationRequest; readonly isProtobuf: boolean } {
  const value: unknown = JSON.parse(body);
  if (!isObject(value)) throw new Error("Expected an object.");
  const { session, node, isProtobuf, text, bytes } = value;
  const data: Frame | null =
    typeof text === "string" ? text : typeof bytes === "string" ? new Uint8Array(Buffer.from(bytes, "base64")) : null;
  return { emulation: { session: String(session), node: String(node), data }, isProtobuf: isProtobuf === true };
}
