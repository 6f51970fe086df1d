import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Address,
  ClusterError,
  type Link,
  type LinkFailure,
  type Listener,
  type Millis,
  type Network,
} from "../../lib/core/mod.ts";
import { Recorder } from "./recorder.ts";

/** An implementation of the network port, as the suite wants it. */
export interface NetworkUnderTest {
  readonly network: Network;
  /** An address to listen at, with a port of 0. */
  readonly here: Address;
  /** A host whose name nobody knows; absent where names are not looked up. */
  readonly nowhere?: Address;
  /** Connects so often, and resets each connection: none is there any more when it is accepted. */
  connectAndReset(address: Address, times: number): Promise<void>;
  /** Milliseconds of the world's clock. */
  now(): Millis;
  /** Lets the world go on until the condition holds; fails, naming it, when it does not come. */
  until(condition: () => boolean, what: string): Promise<void>;
}

const BODY = "x".repeat(60_000);

/** Far above any high-water mark, with what an operating system buffers on the way. */
const MANY_BYTES = 64_000_000;

/** Connections that are reset before they are accepted: at 0.1 s each they would take 10 s. */
const DEAD_CONNECTIONS = 100;
/** Milliseconds for a living one behind them to be accepted, on a machine that is busy. */
const ACCEPTED_WITHIN_MS = 3_000;

class Pair {
  readonly under: NetworkUnderTest;
  readonly listener: Listener;
  readonly near: Link;
  readonly far: Link;

  private constructor(under: NetworkUnderTest, listener: Listener, near: Link, far: Link) {
    this.under = under;
    this.listener = listener;
    this.near = near;
    this.far = far;
  }

  static async open(under: NetworkUnderTest): Promise<Pair> {
    const accepted: Link[] = [];
    const listener = under.network.listen(under.here, (link) => accepted.push(link));
    const near = await dial(under, listener.address);
    await under.until(() => accepted.length > 0, "the connection is accepted");
    return new Pair(under, listener, near, accepted[0] as Link);
  }

  async end(...recorders: Recorder[]): Promise<void> {
    this.near.close();
    this.far.close();
    this.listener.close();
    await this.under.until(() => recorders.every((each) => each.isOver), "the links are over");
    for (const recorder of recorders) {
      assertEquals(recorder.failures.length, 1, "exactly one end");
      assertEquals(recorder.late, 0, "nothing after the end");
    }
  }
}

async function dial(under: NetworkUnderTest, address: Address): Promise<Link> {
  const answer = await tryDial(under, address);
  assert("attach" in answer, `dialled: ${JSON.stringify(answer)}`);
  return answer;
}

async function tryDial(under: NetworkUnderTest, address: Address): Promise<Link | LinkFailure> {
  const answers: Array<Link | LinkFailure> = [];
  under.network.dial(address, 5_000, {
    connected: (link) => answers.push(link),
    failed: (failure) => answers.push(failure),
  });
  await under.until(() => answers.length > 0, "the dialling ends");
  assertEquals(answers.length, 1, "exactly one end of a dialling");
  return answers[0] as Link | LinkFailure;
}

function canListen(under: NetworkUnderTest, address: Address): boolean {
  try {
    under.network.listen(address, () => {}).close();
    return true;
  } catch {
    return false;
  }
}

/** How an address answers whose listener has just closed: the system may need a moment for it. */
async function refusalBy(under: NetworkUnderTest, address: Address): Promise<string> {
  for (let attempt = 0;; attempt++) {
    const answer = await tryDial(under, address);
    if (!("kind" in answer)) return "connected";
    if (answer.kind !== "reset" || attempt === 100) return answer.kind;
  }
}

/**
 * A hundred connections are reset before they are accepted: the next is accepted at once all the
 * same.
 */
export async function expectQuickAccept(under: NetworkUnderTest): Promise<void> {
  const accepted: Recorder[] = [];
  const listener = under.network.listen(under.here, (link) => accepted.push(new Recorder(link)));
  await under.connectAndReset(listener.address, DEAD_CONNECTIONS);
  const begunAt = under.now();
  const link = await dial(under, listener.address);
  const near = new Recorder(link);
  link.send({ type: "living" });
  const isGreeted = ({ messages }: Recorder) => messages.length > 0;
  await under.until(() => accepted.some(isGreeted), "the living connection is accepted");
  const tookMs = under.now() - begunAt;
  link.close();
  listener.close();
  await under.until(() => near.isOver && accepted.every((each) => each.isOver), "all is over");
  assert(tookMs < ACCEPTED_WITHIN_MS, `it was accepted after ${Math.round(tookMs)} ms`);
}

/** What every network must do, real or simulated. */
export function testNetworkCompliance(name: string, open: () => NetworkUnderTest): void {
  const test = (sentence: string, run: (under: NetworkUnderTest) => Promise<void>) =>
    Deno.test(`${name}: ${sentence}`, () => run(open()));

  testMessages(test);
  testPressure(test);
  testEnds(test);
  testAddresses(test);
}

type Test = (sentence: string, run: (under: NetworkUnderTest) => Promise<void>) => void;

function testMessages(test: Test): void {
  for (const batch of [false, true]) {
    const how = batch ? "with batches" : "without batches";
    test(`messages arrive whole and in order, both ways, ${how}`, async (under) => {
      const pair = await Pair.open(under);
      const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
      pair.near.batch = pair.far.batch = batch;
      const sent = Array.from({ length: 300 }, (_, n) => ({ type: "a", n, body: "é".repeat(n) }));
      for (const message of sent) {
        pair.near.send(message);
        pair.far.send(message);
      }
      await under.until(() => far.messages.length >= 300, "300 messages there");
      await under.until(() => near.messages.length >= 300, "300 messages here");
      assertEquals(far.messages, sent);
      assertEquals(near.messages, sent);
      await pair.end(near, far);
    });
  }

  test("what is flushed comes in its order, with what is not", async (under) => {
    const pair = await Pair.open(under);
    const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
    pair.near.flush();
    for (const n of range(9)) {
      pair.near.send({ type: "a", n });
      if (n % 3 === 0) pair.near.flush();
    }
    await under.until(() => far.messages.length === 9, "nine messages");
    assertEquals(far.messages.map(({ n }) => n), range(9));
    pair.near.close();
    pair.near.flush();
    await pair.end(near, far);
  });

  test("what came before a handler was attached waits for it", async (under) => {
    const pair = await Pair.open(under);
    const near = new Recorder(pair.near);
    pair.near.send({ type: "early" });
    pair.far.attach(near);
    await under.until(() => near.messages.length > 0, "the early message");
    const far = new Recorder(pair.far);
    pair.near.send({ type: "later" });
    await under.until(() => far.messages.length > 0, "the new handler is told");
    assertEquals(near.messages, [{ type: "early" }]);
    assertEquals(far.messages, [{ type: "later" }]);
    await pair.end(far);
  });

  test("a message over the limit is refused, and the link is of use after that", async (under) => {
    const pair = await Pair.open(under);
    const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
    const error = assertThrows(
      () => pair.near.send({ type: "a", body: "x".repeat(1_100_000) }),
      ClusterError,
    );
    assertEquals(error.code, "TOO_LARGE");
    pair.near.send({ type: "b" });
    await under.until(() => far.messages.length > 0, "the message after it");
    assertEquals(far.messages, [{ type: "b" }]);
    await pair.end(near, far);
  });
}

function testPressure(test: Test): void {
  test("a sender is told to wait, and called back when the other side reads", async (under) => {
    const pair = await Pair.open(under);
    const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
    pair.far.pause();
    let count = 0;
    let isDrained = false;
    assertEquals(pair.near.isWritable, true);
    // In turns, so that what the operating system takes is taken before the next message.
    await under.until(() => {
      count++;
      return !pair.near.send({ type: "a", count, body: BODY }) ||
        count * BODY.length > MANY_BYTES;
    }, "the high-water mark");
    assert(count * BODY.length <= MANY_BYTES, "it is reached before memory is full");
    assertEquals(pair.near.isWritable, false);
    pair.near.drained(() => isDrained = true);
    assertEquals(pair.near.send({ type: "a", count: ++count }), false);
    pair.far.resume();
    await under.until(() => isDrained, "room");
    assertEquals(pair.near.isWritable, true);
    await under.until(() => far.messages.length === count, "all that was sent");
    assertEquals(far.messages.map((message) => message["count"]), range(count));
    await pair.end(near, far);
  });

  test("what is sent to a link that is paused waits until it is resumed", async (under) => {
    const pair = await Pair.open(under);
    const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
    pair.near.send({ type: "first" });
    // One message may be on its way into a link that is being paused; the next ones are not.
    far.onMessage = () => pair.far.pause();
    await under.until(() => far.messages.length === 1, "the first message");
    pair.near.send({ type: "second" });
    pair.far.send({ type: "other way" });
    await under.until(() => near.messages.length === 1, "the other direction goes on");
    assertEquals(far.messages.length, 1);
    far.onMessage = () => {};
    pair.far.resume();
    await under.until(() => far.messages.length === 2, "the second message");
    await pair.end(near, far);
  });

  test("nobody waits for room on a link that has room, or that is over", async (under) => {
    const pair = await Pair.open(under);
    const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
    let calls = 0;
    pair.near.drained(() => calls++);
    assertEquals(calls, 0, "never within the call");
    await under.until(() => calls === 1, "room is there");
    await pair.end(near, far);
    assertEquals(pair.near.send({ type: "a" }), false);
    pair.near.drained(() => calls++);
    await under.until(() => calls === 2, "the link is over");
  });
}

function testEnds(test: Test): void {
  test("closing sends what is queued, and both ends hear of it once", async (under) => {
    const pair = await Pair.open(under);
    const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
    for (let count = 1; count <= 20; count++) pair.near.send({ type: "a", count, body: BODY });
    pair.near.close("done");
    assertEquals(pair.near.send({ type: "late" }), false);
    await under.until(() => far.isOver && near.isOver, "both ends are over");
    assertEquals(far.messages.map((message) => message["count"]), range(20));
    assertEquals(near.failures, [{ kind: "local", message: "done" }]);
    assertEquals(far.end, "closed");
    await pair.end(near, far);
  });

  test("closing twice, or both ends at once, is closing once", async (under) => {
    const pair = await Pair.open(under);
    const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
    pair.near.close("first");
    pair.near.close("second");
    pair.far.close("third");
    await under.until(() => far.isOver && near.isOver, "both ends are over");
    assertEquals(near.failures, [{ kind: "local", message: "first" }]);
    assertEquals(far.end, "local");
    await pair.end(near, far);
  });

  test("a link that is closed while it is told a message hears of no other", async (under) => {
    const pair = await Pair.open(under);
    const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
    pair.near.batch = pair.far.batch = true;
    far.onMessage = () => pair.far.close("enough");
    for (let count = 1; count <= 40; count++) pair.near.send({ type: "a", count });
    await under.until(() => far.isOver, "the link is over");
    assertEquals(far.messages.length, 1);
    await pair.end(near, far);
  });

  test("links stay when their listener closes, and new ones are refused", async (under) => {
    const pair = await Pair.open(under);
    const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
    pair.listener.close();
    pair.near.send({ type: "a" });
    await under.until(() => far.messages.length > 0, "the link that exists");
    assertEquals(await refusalBy(under, pair.listener.address), "refused");
    pair.near.close();
    await under.until(() => near.isOver && far.isOver, "the links are over");
  });
}

function testAddresses(test: Test): void {
  test("each end knows its own address and the other's", async (under) => {
    const pair = await Pair.open(under);
    const [near, far] = [new Recorder(pair.near), new Recorder(pair.far)];
    assert(pair.listener.address.port > 0, "port 0 became a port");
    assertEquals(pair.near.remote, pair.listener.address);
    assertEquals(pair.far.local, pair.listener.address);
    assertEquals(pair.far.remote, pair.near.local);
    await pair.end(near, far);
  });

  test("connections that died in the queue hold up nobody", (under) => expectQuickAccept(under));

  test("an address is listened at by one at a time", async (under) => {
    const listener = under.network.listen(under.here, () => {});
    const error = assertThrows(
      () => under.network.listen(listener.address, () => {}),
      ClusterError,
    );
    assertEquals(error.code, "ADDRESS_TAKEN");
    listener.close();
    await under.until(() => canListen(under, listener.address), "the address is free again");
  });

  test("dialling where nobody listens is refused", async (under) => {
    const listener = under.network.listen(under.here, () => {});
    listener.close();
    assertEquals(await refusalBy(under, listener.address), "refused");
  });

  test("dialling that is given up calls nobody back", async (under) => {
    const accepted: Recorder[] = [];
    const listener = under.network.listen(
      under.here,
      (link) => accepted.push(new Recorder(link)),
    );
    const calls: string[] = [];
    const dialling = under.network.dial(listener.address, 5_000, {
      connected: () => calls.push("connected"),
      failed: () => calls.push("failed"),
    });
    dialling.cancel();
    // A later connection is made in full, and any trace of the first is gone by then.
    const link = await dial(under, listener.address);
    const near = new Recorder(link);
    link.close();
    await under.until(
      () => near.isOver && accepted.length > 0 && accepted.every((each) => each.isOver),
      "every accepted connection is over",
    );
    assertEquals(calls, []);
    listener.close();
  });

  test("a host that nobody knows is unreachable", async (under) => {
    if (under.nowhere === undefined) return;
    const answer = await tryDial(under, under.nowhere);
    assertEquals("kind" in answer ? answer.kind : "connected", "unreachable");
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}
