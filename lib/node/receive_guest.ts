import { ClusterError, type Message, parseAddress } from "../core/mod.ts";
import type { Belonging } from "./belonging.ts";
import { parseTutorialNode, tutorialAddress, tutorialAnswer } from "./guests.ts";
import type { NodeName } from "./handshake.ts";
import type { Session } from "./session.ts";

/** Answers a join of the tutorial's kind in its own shape, and lists who sent it as a guest. */
export function receiveGuest(
  session: Session,
  message: Message,
  belonging: Belonging | undefined,
  self: NodeName,
): void {
  const source = parseTutorialNode(message["source"]);
  if (source === undefined || belonging === undefined) {
    const error = source === undefined
      ? new ClusterError(
        "BAD_MESSAGE",
        'A join of the tutorial needs "source": {nodeId, nodeIpAddr, port}',
      )
      : new ClusterError("NOT_A_MEMBER", `${self.name} is still joining a cluster itself`);
    session.send({ type: "error", ...error.toJSON() });
    session.part(error.message);
    return;
  }
  const { host, port } = parseAddress(self.address);
  // The tutorial's answer has no type: it is the one message without.
  session.send(tutorialAnswer(source, { id: self.id, host, port }) as Message);
  belonging.introduceGuest({ id: String(source.nodeId), address: tutorialAddress(source) });
}
