import { disconnects } from "../../../core/disconnects.ts";
import { field, need, takeTurns } from "../dom.ts";
import { adoptIdentity } from "../identity.ts";
import { recall, remember } from "../memory.ts";
import type { ChatConnection } from "./connection.ts";
import type { Session } from "./session.ts";

/** What a token may hold: the characters of a JWT, which are also allowed in a subprotocol (RFC 6455 4.1). */
const tokenForm = /^[\w.-]*$/;

/** Whether a token could change the outcome. */
function wantsToken(code: number | undefined): boolean {
  return code === disconnects.badRequest.code || code === disconnects.permissionDenied.code;
}

/** The form of name, channel and token. Returns what shows the state of the connection in it. */
export function startJoin(form: HTMLFormElement, connection: ChatConnection): (session: Session) => void {
  const [name, channel, token] = [field(form, "name"), field(form, "channel"), field(form, "token")];
  const connect = need(form, "#chat-connect", HTMLButtonElement);
  const close = need(form, "#chat-close", HTMLButtonElement);

  name.value = recall("name") ?? `Guest ${Math.floor(100 + Math.random() * 900)}`;
  channel.value = recall("channel") ?? "lobby";
  adoptIdentity(form);
  name.addEventListener("change", () => remember("name", name.value));
  channel.addEventListener("change", () => remember("channel", channel.value));
  token.addEventListener("input", () => token.setCustomValidity(""));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const bearer = token.value.trim();
    if (!tokenForm.test(bearer)) {
      token.setCustomValidity("A token has only letters, digits, dots, dashes and underscores.");
      token.closest("details")?.setAttribute("open", "");
      token.reportValidity();
      return;
    }
    remember("name", name.value);
    remember("channel", channel.value);
    connection.connect({ channel: channel.value, token: bearer });
  });
  close.addEventListener("click", () => connection.close());

  return (session) => {
    const isEnded = session.at === "closed";
    // While an attempt is waited for, a person may try at once, also with another channel or token.
    const isIdle = isEnded || session.at === "waiting";
    if (isEnded) takeTurns(close, connect);
    else takeTurns(connect, close);
    connect.disabled = !isIdle;
    channel.disabled = !isIdle;
    token.disabled = !isIdle;
    if (session.at === "closed" && wantsToken(session.code) && token.value === "") {
      token.closest("details")?.setAttribute("open", "");
    }
  };
}
