import { startChannels } from "./channels/channels.ts";
import { startChat } from "./chat/chat.ts";
import { shareIdentity } from "./identity.ts";
import { startPush } from "./push/push.ts";
import { startTabs } from "./tabs.ts";

shareIdentity();
startTabs({ chat: startChat, channels: startChannels, push: startPush });
