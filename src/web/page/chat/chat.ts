import { field, need } from "../dom.ts";
import { startComposer } from "./composer.ts";
import { createChatConnection } from "./connection.ts";
import { readFileFrame } from "./file-frame.ts";
import { startFilePicking } from "./file-picking.ts";
import { receivedFile } from "./files.ts";
import { startJoin } from "./join.ts";
import { createLogView, type LogView } from "./log-view.ts";
import { createOutbox } from "./outbox.ts";
import { firstSession, type Session } from "./session.ts";
import { readTextFrame } from "./text-frame.ts";

/** The chat: everyone in a channel, over nothing but the browser's own WebSocket. */
export function startChat(section: HTMLElement): void {
  const join = need(section, "#chat-join", HTMLFormElement);
  const log = createLogView(need(section, ".log-frame", HTMLElement));
  const connection = createChatConnection({
    state: (session) => {
      showSession(session);
      noteSession(session, log);
    },
    text(frame) {
      const { name, text } = readTextFrame(frame);
      log.text({ mine: false, name }, text);
    },
    binary: (frame) => showBinary(frame, log),
  });
  const outbox = createOutbox({ log, socket: connection.socket });

  const showJoin = startJoin(join, connection);
  const showComposer = startComposer(section, {
    log,
    socket: connection.socket,
    name: () => field(join, "name").value,
  });
  startFilePicking(section, (files) => outbox.add(files));

  const status = need(section, "#chat-state", HTMLElement);
  const showSession = (session: Session): void => {
    status.textContent = stateWords(session, channelWords(join));
    status.dataset["at"] = session.at === "closed" && session.by === "server" ? "refused" : session.at;
    showJoin(session);
    showComposer(session);
  };
  showSession(firstSession);
}

function channelWords(join: HTMLFormElement): string {
  const channel = field(join, "channel").value;
  return channel === "" ? "the default channel" : channel;
}

function stateWords(session: Session, channel: string): string {
  switch (session.at) {
    case "closed":
      return session.words;
    case "connecting":
      return session.attempt === 0 ? `Connecting to ${channel} …` : `Connecting to ${channel} again …`;
    case "open":
      return `Connected to ${channel}.`;
    case "waiting": {
      const seconds = Math.max(1, Math.round(session.delayMs / 1000));
      return `${session.words} Trying again in ${seconds} s (attempt ${session.attempt + 1}) …`;
    }
  }
}

/** What happened to the connection, in the log, where it explains a gap between messages. */
function noteSession(session: Session, log: LogView): void {
  if (session.at === "open") log.note("Connected");
  else if (session.at === "closed") log.note(session.words);
  else if (session.at === "waiting" && session.attempt === 0) log.note(session.words);
}

function showBinary(frame: ArrayBuffer, log: LogView): void {
  // A client of another make may send any bytes; they are offered as they came.
  const { body, kept } = receivedFile(readFileFrame(frame) ?? { name: "bytes.bin", bytes: new Uint8Array(frame) });
  log.entry({ mine: false, name: "" }, body, kept);
}
