import {
  type Clock,
  ClusterError,
  type ClusterId,
  HANDSHAKE_MS,
  type Link,
  type Message,
  type NodeId,
} from "../core/mod.ts";
import { type Host, judgeHello, type NodeName, parseHello, welcomeMessage } from "./handshake.ts";
import type { Peer, Session } from "./session.ts";

/** What the front door needs of the node behind it. */
export interface FrontDoorOwner extends Host {
  readonly clock: Clock;
  /** Who answers. */
  readonly self: NodeName;
  readonly id: NodeId;
  readonly cluster: ClusterId | undefined;
  /**
   * Whether members may come in.
   *
   * @throws {ClusterError} `NOT_A_MEMBER` or `SHUTTING_DOWN`.
   */
  checkOpen(): void;
  establish(link: Link, peer: Peer): Session;
  /** A member opened a link, from its address as it says. */
  adopt(session: Session, node: NodeName): void;
  /** A message that came without a hello: lines, typed by a person or an old program. */
  message(session: Session, message: Message): void;
  /** Somebody was sent away. */
  turnedAway(link: Link, error: ClusterError): void;
}

/** Receives a connection: its first message says who it is, in time, or it is refused with the reason. */
export function receive(link: Link, owner: FrontDoorOwner): void {
  const timer = owner.clock.setTimer(HANDSHAKE_MS, () => {
    refuse(
      link,
      owner,
      new ClusterError("TIMEOUT", `No whole first message within ${HANDSHAKE_MS} ms`),
    );
  });
  link.attach({
    closed: () => timer.cancel(),
    message: (message) => {
      timer.cancel();
      if (link.mode === "lines" && message.type !== "hello") {
        const session = owner.establish(link, { role: "client", node: undefined, channel: "data" });
        owner.message(session, message);
        return;
      }
      try {
        greet(link, message, owner);
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        refuse(link, owner, error);
      }
    },
  });
}

function greet(link: Link, message: Message, owner: FrontDoorOwner): void {
  const hello = parseHello(message);
  const protocol = judgeHello(hello, owner);
  if (hello.role === "member") owner.checkOpen();
  link.send(welcomeMessage(protocol, owner.cluster, owner.self));
  link.batch = hello.batch && link.mode === "frames";
  const node = hello.role === "member" ? hello.node : undefined;
  const session = owner.establish(link, {
    role: hello.role,
    node: node?.id,
    channel: hello.channel,
  });
  if (node !== undefined) owner.adopt(session, node);
}

function refuse(link: Link, owner: FrontDoorOwner, error: ClusterError): void {
  const { code, message, retryable } = error;
  // The id lets a member tell "not ready yet" from "somebody else is at that address".
  link.send({ type: "refuse", code, message, retryable, details: { node: owner.id } });
  link.close(message);
  owner.turnedAway(link, error);
}
