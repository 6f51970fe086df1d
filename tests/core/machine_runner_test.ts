import { assertEquals } from "@std/assert";
import type { Machine } from "../../lib/core/mod.ts";
import { MachineRunner } from "../../lib/core/machine_runner.ts";
import { ManualClock } from "../support/manual_clock.ts";

/**
 * Answers each input with effects named after it, and wants a tick at the deadline it was given.
 */
class ScriptedMachine implements Machine<string, string> {
  readonly inputs: Array<[number, string]> = [];
  deadline: number | undefined;

  handle(now: number, input: string): string[] {
    this.inputs.push([now, input]);
    return [`${input}-first`, `${input}-second`];
  }

  nextDeadline(): number | undefined {
    return this.deadline;
  }
}

Deno.test("an input that an effect brings about waits until the effects before it are done", () => {
  const machine = new ScriptedMachine();
  const performed: string[] = [];
  const runner: MachineRunner<string, string> = new MachineRunner(
    new ManualClock(),
    machine,
    "tick",
    (effect) => {
      performed.push(effect);
      if (effect === "a-first") runner.input("b");
    },
  );
  runner.input("a");
  assertEquals(performed, ["a-first", "a-second", "b-first", "b-second"]);
});

Deno.test("one timer is armed, for the machine's deadline, and it brings a tick", () => {
  const clock = new ManualClock();
  const machine = new ScriptedMachine();
  const runner = new MachineRunner(clock, machine, "tick", () => {});
  machine.deadline = 50;
  runner.input("a");
  machine.deadline = 20;
  runner.input("b");
  assertEquals(clock.due, [20]);
  machine.deadline = undefined;
  clock.advance(20);
  assertEquals(machine.inputs.at(-1), [20, "tick"]);
  assertEquals(clock.due, []);
});

Deno.test("a deadline that moves later costs one early tick, not a timer for each input", () => {
  const clock = new ManualClock();
  const machine = new ScriptedMachine();
  const runner = new MachineRunner(clock, machine, "tick", () => {});
  machine.deadline = 10;
  runner.input("a");
  machine.deadline = 30;
  runner.input("b");
  assertEquals(clock.due, [10]);
  clock.advance(10);
  assertEquals(clock.due, [30]);
});

Deno.test("a timer that fires late tells the machine the true time, and a past deadline is due at once", () => {
  const clock = new ManualClock();
  const machine = new ScriptedMachine();
  const runner = new MachineRunner(clock, machine, "tick", () => {});
  machine.deadline = 10;
  runner.input("a");
  machine.deadline = 15;
  clock.advance(500);
  assertEquals(machine.inputs.at(-1), [500, "tick"]);
  assertEquals(clock.due, [500]);
});

Deno.test("a runner that is stopped takes no input, sets no timer and drops what waited", () => {
  const clock = new ManualClock();
  const machine = new ScriptedMachine();
  const runner: MachineRunner<string, string> = new MachineRunner(clock, machine, "tick", () => {
    runner.input("waiting");
    runner.stop();
  });
  machine.deadline = 10;
  runner.input("a");
  runner.input("b");
  assertEquals(machine.inputs, [[0, "a"]]);
  assertEquals(clock.due, []);
});
