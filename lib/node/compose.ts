import { AdminApi, LeaderReport, MembersReport, type RequestTarget } from "../admin/mod.ts";
import { Bootstrap, OtherClusters, Reception } from "../bootstrap/mod.ts";
import { ConsensusService, VoterNames } from "../consensus/mod.ts";
import { type Json, parseAddress } from "../core/mod.ts";
import { MembershipService } from "../membership/mod.ts";
import type { Part } from "../part/mod.ts";
import { Rpc } from "../rpc/mod.ts";
import { ServiceCalls } from "../services/mod.ts";
import { SharedState } from "../state/mod.ts";
import {
  Acceptor,
  Connections,
  Listening,
  OutOfFiles,
  PeerPool,
  RateLimitedWarnings,
  Router,
} from "../transport/mod.ts";
import { Tutorial } from "../tutorial/mod.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { flagsOf } from "./options.ts";

/** The parts that every node has. */
export interface OwnParts {
  /** Which part answers which message. */
  readonly router: Router;
  /** Whether it has files left for connections. */
  readonly outOfFiles: OutOfFiles;
  /** Its open links. */
  readonly connections: Connections;
  /** Its links to members. */
  readonly peers: PeerPool;
  /** Who comes in. */
  readonly acceptor: Acceptor;
  /** Where it listens. */
  readonly listening: Listening;
  /** Calls in both directions, to given members. */
  readonly rpc: Rpc;
  /** Who is here. */
  readonly membership: MembershipService;
  /** Who leads, and what is agreed. */
  readonly consensus: ConsensusService;
  /** The state that the cluster shares. */
  readonly state: SharedState;
  /** Calls of services, by whichever member serves them. */
  readonly services: ServiceCalls;
  /** The members as people see them. */
  readonly members: MembersReport;
  /** Who leads and votes, as people see it. */
  readonly leader: LeaderReport;
  /** What operators may ask. */
  readonly admin: AdminApi;
  /** Other clusters that it meets. */
  readonly others: OtherClusters;
  /** Its way into a cluster. */
  readonly bootstrap: Bootstrap;
  /** Who may come in, and what is said of those who may not. */
  readonly reception: Reception;
  /** The tutorial's nodes. */
  readonly tutorial: Tutorial;
}

/** The parts of one node. */
export interface NodeParts extends OwnParts {
  /** All of them, from the bottom up. */
  readonly all: readonly Part[];
  /** Those that were added. */
  readonly more: readonly Part[];
}

/** What is composed beside the parts that every node has. */
export interface Composition {
  /** What answers what operators ask. */
  readonly target: RequestTarget;
  /** Further parts, above all others: each as it is, or made of those below it. */
  readonly more?: readonly (Part | ((below: OwnParts) => Part))[];
}

/**
 * Makes the parts of a node, and tells the router and the registry of services what they offer;
 * nothing runs yet.
 */
export function compose(node: Lifecycle, { target, more = [] }: Composition): NodeParts {
  const parts = composeParts(node, target);
  const added = more.map((part) => typeof part === "function" ? part(parts) : part);
  const { acceptor, rpc, connections, peers, listening, membership, leader, consensus, state } =
    parts;
  const { members, admin, bootstrap, reception, tutorial } = parts;
  const info: Part = {
    name: "node",
    services: { info: { from: "anyone", serve: () => infoOf(node, rpc.registry.names) } },
  };
  const all: Part[] = [
    ...[acceptor, rpc, connections, peers, listening, membership],
    // The report is first: it records who led before this node takes part.
    ...[leader, consensus, state, members, admin, bootstrap, reception, tutorial, info],
    ...added,
  ];
  for (const part of all) {
    parts.router.register(part);
    rpc.registry.register(part);
  }
  return { ...parts, all, more: added };
}

/** One screen: each part takes exactly the parts below it. */
function composeParts(node: Lifecycle, target: RequestTarget): OwnParts {
  const { id, ports, events, store, local, kept, given, options } = node;
  const { tags, profile } = options;
  const router = new Router();
  const outOfFiles = new OutOfFiles(ports.clock, events);
  const warnings = new RateLimitedWarnings(ports.clock, events);
  const connections = new Connections(ports.clock, router);
  const peers = new PeerPool(ports, local, connections, warnings);
  const acceptor = new Acceptor(ports.clock, local, connections, peers);
  const listening = new Listening(local, acceptor, outOfFiles);
  const rpc = new Rpc(node, tags, peers);
  const membership = new MembershipService(node, profile, peers);
  const names = new VoterNames(kept?.voters);
  const consensus = new ConsensusService(node, profile, names, membership, peers, rpc.client);
  const state = new SharedState(id, ports, consensus, rpc.client);
  const services = new ServiceCalls(node, membership, peers, rpc);
  const members = new MembersReport(node, membership, consensus);
  const leader = new LeaderReport(node, membership, consensus, members, rpc);
  const admin = new AdminApi(target);
  const flags = () => flagsOf(options, parseAddress(local.place.listening).port, store.isDurable);
  const others = new OtherClusters(node, membership, flags);
  const plan = { ...options, named: given.join, joinsNobody: given.join?.length === 0 };
  const { registry } = rpc;
  const below = { local, connections, peers, registry, membership, consensus, names };
  const bootstrap = new Bootstrap(node, plan, kept, below);
  const founds = options.makeMasterOnError;
  const reception = new Reception(node, founds, membership, bootstrap, others, warnings);
  const tutorial = new Tutorial(node, membership, members);

  // Upwards parts speak by subscription, and by what is set here once.
  acceptor.gatekeeper = reception;
  rpc.server.onClientCall = services;
  acceptor.onDialled.subscribe(() => bootstrap.addressCheck.dialled());
  acceptor.onRejected.subscribe((...rejected) => reception.rejected(...rejected));
  peers.onLinkMade.subscribe((member) => consensus.link(member, "link-made"));
  peers.onLinkBroken.subscribe((member, kind) => {
    // The master's broken link is news for the election first: it is what costs time.
    consensus.link(member, "link-broken");
    membership.step({ type: "link-broken", node: member, kind });
  });
  peers.onUnreachable.subscribe((member, kind) =>
    membership.step({ type: "unreachable", node: member, kind })
  );
  peers.onStranger.subscribe((...met) => others.answered(...met));
  peers.onRefused.subscribe((error) => node.fail(error));
  registry.onChange((offered) => membership.step({ type: "describe", services: offered }));
  events.listen(({ event }) => ["member", "voters"].includes(event) && bootstrap.keeper.changed());
  return {
    ...{ router, outOfFiles, connections, peers, acceptor, listening, rpc, membership, consensus },
    ...{ state, services, members, leader, admin, others, bootstrap, reception, tutorial },
  };
}

function infoOf({ self: { id, name, address }, options }: Lifecycle, services: string[]): Json {
  const { tags, profile } = options;
  return { id, name, address, tags, profile, services };
}
