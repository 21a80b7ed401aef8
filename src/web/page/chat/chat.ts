import { field, need } from "../dom.ts";
import { recall } from "../memory.ts";
import { startStage } from "../stage/stage.ts";
import { askAdmission } from "./admission.ts";
import { startComposer } from "./composer.ts";
import { type ChatConnection, createChatConnection } from "./connection.ts";
import { type Conversation, createConversation } from "./conversation.ts";
import { startFilePicking } from "./file-picking.ts";
import { startJoin } from "./join.ts";
import { createLogView, type LogView } from "./log-view.ts";
import { createMachinePanel, machineState } from "./machine.ts";
import { createOutbox } from "./outbox.ts";
import { createSentLately } from "./sent.ts";
import { firstSession, type Session } from "./session.ts";

/**
 * A plain socket counts as admitted when it stays open for this long, in milliseconds: a moment, where the server has just
 * admitted the same credentials, whose keys it has at hand then; longer, where it did not say so.
 */
const settleMs = { admitted: 200, refused: 1_000, unknown: 1_000 } as const;

/** The chat: everyone in a channel, over nothing but the browser's own WebSocket. */
export function startChat(section: HTMLElement): void {
  const join = need(section, "#chat-join", HTMLFormElement);
  const log = createLogView(need(section, ".log-frame", HTMLElement));
  const conversation = createConversation(log);
  const sent = createSentLately(() => performance.now());
  const name = (): string => field(join, "name").value;
  const connection = createChatConnection({
    state: (session) => {
      showSession(session);
      noteSession(session, log);
    },
    text: (frame) => conversation.text(frame),
    binary: (frame) => conversation.binary(frame),
    async prepare({ channel, token }) {
      conversation.enter(channel);
      const { outcome, history } = await askAdmission({ channel, token, mayJoin: true });
      conversation.earlier(history);
      // A refusal reaches the plain socket as well, which learns it by a close.
      return settleMs[outcome];
    },
    unreachable: unreachableWords,
    ended: (code, unsent) => sent.closed(code, unsent),
  });
  const { socket } = connection;
  const outbox = createOutbox({ log, conversation, sent, socket, name });

  const showJoin = startJoin(join, connection);
  const showComposer = startComposer(section, { log, conversation, sent, socket, name });
  startFilePicking(section, (files) => outbox.add(files));

  const panel = createMachinePanel(need(section, "#chat-machine", HTMLDetailsElement));
  // One who was here before has seen it.
  const stage = startStage(need(section, "#stage", HTMLElement), { panel, begins: recall("channel") === null });
  const status = need(section, "#chat-state", HTMLElement);
  const showSession = (session: Session): void => {
    if (session !== firstSession) {
      stage.leave();
      panel.show("Your connection", machineState(session, field(join, "token").value !== ""));
    }
    status.textContent = stateWords(session, channelWords(join));
    status.dataset["at"] = session.at === "closed" && session.by === "server" ? "refused" : session.at;
    showJoin(session);
    showComposer(session);
  };
  showSession(firstSession);
  void showRemembered(conversation, connection);
}

/** After a reload: what was said in the channel that a person was in, where a page without a token may read it. */
async function showRemembered(conversation: Conversation, connection: ChatConnection): Promise<void> {
  const channel = recall("channel");
  if (channel === null || channel === "") return;
  const { history } = await askAdmission({ channel, token: "", mayJoin: false });
  // A person who was faster has asked for it, perhaps for another channel.
  if (connection.wasUsed()) return;
  conversation.enter(channel);
  conversation.earlier(history);
}

/** Why no connection came about: a browser says no more than that, but the server may answer a plain request. */
async function unreachableWords(): Promise<string | null> {
  try {
    const { status } = await fetch("/ws", { cache: "no-store", signal: AbortSignal.timeout(2_000) });
    if (status === 404) return "The server does not serve /ws: plain.enabled is off.";
    if (status === 421) return "The server does not answer for this host name: see http_server.allowed_hosts.";
    return "The server answers, but does not let this connection in: it may be full. Its log tells the reason.";
  } catch {
    return "The server cannot be reached.";
  }
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
