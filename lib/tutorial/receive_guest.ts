import { ClusterError, GUESTS_PER_LINK, type Message, parseAddress } from "../core/mod.ts";
import type { Belonging } from "../membership/mod.ts";
import { errorMessage } from "../wire/mod.ts";
import { parseTutorialNode, tutorialAddress, tutorialAnswer } from "./guests.ts";
import type { NodeName, Session } from "../transport/mod.ts";

/** Answers a join of the tutorial's kind in its own shape, and lists who sent it as a guest. */
export function receiveGuest(
  session: Session,
  message: Message,
  belonging: Belonging | undefined,
  self: NodeName,
): void {
  const source = parseTutorialNode(message["source"]);
  if (source === undefined) {
    const shape = 'A join of the tutorial needs "source": {nodeId, nodeIpAddr, port}';
    return refuse(session, new ClusterError("BAD_MESSAGE", shape));
  }
  if (belonging === undefined) {
    const reason = `${self.name} is still joining a cluster itself`;
    return refuse(session, new ClusterError("NOT_A_MEMBER", reason));
  }
  if (++session.guests > GUESTS_PER_LINK) {
    const reason = `One connection introduces at most ${GUESTS_PER_LINK} guests`;
    return refuse(session, new ClusterError("OVERLOADED", reason));
  }
  const { host, port } = parseAddress(self.address);
  // The tutorial's answer has no type: it is the one message without.
  session.send(tutorialAnswer(source, { id: self.id, host, port }) as Message);
  belonging.introduceGuest({ id: String(source.nodeId), address: tutorialAddress(source) });
}

function refuse(session: Session, error: ClusterError): void {
  session.send(errorMessage(error));
  session.part(error.message);
}
