import { startChat } from "./chat/chat.ts";
import { startTabs } from "./tabs.ts";

startTabs({ chat: startChat, channels: () => {}, push: () => {} });
