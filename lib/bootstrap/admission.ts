import {
  ClusterError,
  composedName,
  INCARNATION_JUMP,
  isAddress,
  isInteger,
  isJsonObject,
  isNonEmptyString,
  isReservedName,
  type JsonObject,
  type Message,
  METADATA_BYTES,
  NAME_CHARACTERS,
  type NodeId,
  type Ports,
} from "../core/mod.ts";
import { type MemberRecord, type Membership, wasHereBefore } from "../membership/swim/mod.ts";
import { errorMessage, numberOf } from "../wire/mod.ts";
import { type AddressCheck, whoListens } from "./address_check.ts";
import { type ConsensusService, leadershipData } from "../consensus/mod.ts";
import type { MembershipService } from "../membership/mod.ts";
import type { NodeContext } from "../part/mod.ts";
import type { Connection } from "../transport/mod.ts";

/**
 * A request to join that came over one connection: one at a time, as who judges it may have to
 * dial.
 */
class Joining {
  isJudged = false;
}

/** Lets nodes in that ask to join, or says why not. */
export class Admission {
  readonly #context: NodeContext;
  readonly #membership: MembershipService;
  readonly #consensus: ConsensusService;
  readonly #addressCheck: AddressCheck;

  /** Lets in as membership says, and checks the address of whom it let in. */
  constructor(
    context: NodeContext,
    membership: MembershipService,
    consensus: ConsensusService,
    addressCheck: AddressCheck,
  ) {
    this.#context = context;
    this.#membership = membership;
    this.#consensus = consensus;
    this.#addressCheck = addressCheck;
  }

  /** Answers a request to join. */
  async admit(connection: Connection, message: Message): Promise<void> {
    const from = connection.member;
    const joining = connection.slot(Joining);
    if (joining.isJudged) {
      const reason = "A link carries one request to join at a time";
      connection.send(errorMessage(new ClusterError("OVERLOADED", reason), numberOf(message)));
      return;
    }
    joining.isJudged = true;
    try {
      const context = this.#context;
      const membership = this.#membership;
      const { machine } = membership;
      const member = await validateJoin(context.ports, machine, from, message["member"]);
      // Another may have taken the name while that address was asked.
      const again = machine.admission(member, true);
      if (!again.ok) throw new ClusterError(again.code, again.message);
      if (context.phase !== "member") {
        throw new ClusterError("SHUTTING_DOWN", `${context.self.name} leaves`);
      }
      connection.send({
        type: "joined",
        ...numberOf(message),
        cluster: membership.cluster,
        ...leadershipData(this.#consensus.view),
        ...membership.welcome(),
      });
      membership.step({ type: "admit", member });
      void this.#addressCheck.check(from, member.address);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      connection.send(errorMessage(error, numberOf(message)));
      connection.close(error.message);
    } finally {
      joining.isJudged = false;
    }
  }
}

/**
 * Judges a request to join: the record to admit.
 *
 * When the address is another member's, that address is asked who listens there: if it is the one
 * that joins, the other is gone and its record gives way.
 *
 * @param from the id that the joining node's hello gave.
 * @throws {ClusterError} `NAME_TAKEN`, `ADDRESS_TAKEN`, `REMOVED` or `BAD_MESSAGE`.
 */
export async function validateJoin(
  ports: Ports,
  membership: Membership,
  from: NodeId,
  asked: unknown,
): Promise<MemberRecord> {
  const record = parseJoin(from, asked);
  let verdict = membership.admission(record);
  if (!verdict.ok && verdict.code === "ADDRESS_TAKEN") {
    const { node } = await whoListens(ports, record.address);
    if (node === from) verdict = membership.admission(record, true);
  }
  if (verdict.ok) return record;
  // A holder that is suspect may be gone in a moment: the joining node tries again.
  throw new ClusterError(verdict.code, verdict.message, {
    retryable: verdict.holder?.state === "suspect",
  });
}

function parseJoin(from: NodeId, asked: unknown): MemberRecord {
  const given: JsonObject = isJsonObject(asked) ? asked : {};
  const { id, name, address, tags, services, incarnation } = given;
  if (id !== from) throw bad('"member.id" is the id of the hello');
  if (!isNonEmptyString(name, NAME_CHARACTERS)) {
    throw bad(`"member.name" is 1 to ${NAME_CHARACTERS} characters`);
  }
  if (isReservedName(name)) throw bad('"member.name": "master" means whichever node leads');
  if (!isAddress(address)) throw bad('"member.address" is HOST:PORT');
  if (!isJsonObject(tags) || Object.values(tags).some((value) => typeof value !== "string")) {
    throw bad('"member.tags" is an object of texts');
  }
  if (!Array.isArray(services) || services.some((service) => typeof service !== "string")) {
    throw bad('"member.services" is an array of names');
  }
  if (JSON.stringify([tags, services]).length > METADATA_BYTES) {
    throw bad(`Tags and services are over ${METADATA_BYTES} bytes`);
  }
  const first = isInteger(incarnation, 1, INCARNATION_JUMP) ? incarnation : 1;
  return {
    id: from,
    name: composedName(name),
    address,
    incarnation: first,
    state: "alive",
    tags: tags as Record<string, string>,
    services: services as string[],
    ...(wasHereBefore(first) ? { returned: true } : {}),
  };
}

function bad(message: string): ClusterError {
  return new ClusterError("BAD_MESSAGE", message);
}
