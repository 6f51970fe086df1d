import { ClusterError, GUESTS_PER_LINK, type Message, parseAddress } from "../core/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import { errorMessage } from "../wire/mod.ts";
import { parseTutorialNode, tutorialAddress, tutorialAnswer } from "./guests.ts";
import type { Connection, NodeName } from "../transport/mod.ts";

/** The guests that one connection introduced. */
class Introduced {
  count = 0;
}

/** Answers a join of the tutorial's kind in its own shape, and lists who sent it as a guest. */
export function receiveGuest(
  connection: Connection,
  message: Message,
  belonging: MembershipService | undefined,
  self: NodeName,
): void {
  const source = parseTutorialNode(message["source"]);
  if (source === undefined) {
    const shape = 'A join of the tutorial needs "source": {nodeId, nodeIpAddr, port}';
    return refuse(connection, new ClusterError("BAD_MESSAGE", shape));
  }
  if (belonging === undefined) {
    const reason = `${self.name} is still joining a cluster itself`;
    return refuse(connection, new ClusterError("NOT_A_MEMBER", reason));
  }
  connection.knowsBye = false;
  if (++connection.slot(Introduced).count > GUESTS_PER_LINK) {
    const reason = `One connection introduces at most ${GUESTS_PER_LINK} guests`;
    return refuse(connection, new ClusterError("OVERLOADED", reason));
  }
  const { host, port } = parseAddress(self.address);
  // The tutorial's answer has no type: it is the one message without.
  connection.send(tutorialAnswer(source, { id: self.id, host, port }) as Message);
  belonging.introduceGuest({ id: String(source.nodeId), address: tutorialAddress(source) });
}

function refuse(connection: Connection, error: ClusterError): void {
  connection.send(errorMessage(error));
  connection.close(error.message);
}
