import { assertEquals } from "@std/assert";
import { type Link, type Message, SeededRandom } from "../../lib/core/mod.ts";
import { HostWorld, portsOf } from "../../lib/simulation/mod.ts";

/** A world that keeps its trace. */
class Traced extends HostWorld {
  readonly lines: string[] = [];

  override trace(text: string): void {
    this.lines.push(text);
  }
}

/** Two processes with a link between them, and what the far one got. */
function linked(isDecoding: boolean) {
  const world = new Traced(new SeededRandom(1), {}, isDecoding);
  const [near, far] = [world.boot(1), world.boot(2)];
  const got: Message[] = [];
  const ended: string[] = [];
  portsOf(far).network.listen({ host: far.host, port: 8001 }, (link) => {
    link.attach({
      message: (message) => got.push(message),
      closed: ({ kind }) => ended.push(kind),
    });
  });
  let link!: Link;
  portsOf(near).network.dial({ host: far.host, port: 8001 }, 1_000, {
    connected: (made) => {
      link = made;
      made.attach({ message: () => {}, closed: () => {} });
    },
    failed: ({ message }) => {
      throw new Error(message);
    },
  });
  world.advance(100);
  return { world, near, far, link, got, ended };
}

Deno.test("a message is read from its text, or is the sender's own object, as the world says", () => {
  for (const isDecoding of [true, false]) {
    const { world, link, got } = linked(isDecoding);
    const message = { type: "greet", name: "Ada" };
    link.send(message);
    world.advance(100);
    assertEquals(got, [message]);
    assertEquals(got[0] === message, !isDecoding);
  }
});

Deno.test("a world tells of dials and of what is sent, by whom and to whom", () => {
  const { world, near, link } = linked(true);
  const told: unknown[] = [];
  world.onMessage = (from, message) => told.push([from === near, message.type]);
  link.send({ type: "greet" });
  world.advance(100);
  assertEquals(told, [[true, "greet"]]);
  assertEquals(world.lines, ["1 dials 10.0.0.2:8001", '1>10.0.0.2 {"type":"greet"}']);
});

Deno.test("a process that is killed resets its links, and one without power says nothing", () => {
  for (const [how, kinds] of [["kill", ["reset"]], ["silence", []]] as const) {
    const { world, near, ended } = linked(true);
    near[how]();
    world.advance(1_000);
    assertEquals(ended, [...kinds]);
  }
});

Deno.test("what is sent behind a sync is on its way when the sync has returned", () => {
  const { world, near, link, got } = linked(true);
  near.sync(500);
  link.send({ type: "late" });
  world.advance(499);
  assertEquals(got, []);
  world.advance(10);
  assertEquals(got.map(({ type }) => type), ["late"]);
});
