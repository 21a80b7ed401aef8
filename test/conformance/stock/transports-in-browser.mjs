// Puts the conversation of the stock client into a page, which has `tell`.
import { Centrifuge } from "centrifuge";
import { Centrifuge as CentrifugeProtobuf } from "centrifuge/build/protobuf";
import { converse } from "./conversation.mjs";

const clients = { json: Centrifuge, protobuf: CentrifugeProtobuf };

globalThis.converse = (plan) => converse({ ...plan, clients, tell: globalThis.tell });
