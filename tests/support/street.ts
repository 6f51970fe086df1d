import type { Address, DialHandler, LinkFailure, Message, Ports } from "../../lib/core/mod.ts";
import { ManualClock } from "./manual_clock.ts";
import { FakeLink } from "./fake_link.ts";

/** Milliseconds that a street lets pass at once. */
export const STEP_MS = 10;
/** More promises than ever wait for each other here. */
const TURNS = 30;

/**
 * What is at an address: nobody who answers, a failure, or a member that welcomes after a while.
 */
export type House = "silent" | LinkFailure | { afterMs: number; says?: Message };

/** The id of a member of that number. */
export function idOf(number: number): string {
  return `01a2059b-5e02-7f88-922f-${String(number).padStart(12, "0")}`;
}

function welcomeOf(number: number): Message {
  const node = { id: idOf(number), name: `node${number}`, address: `10.0.0.${number}:8001` };
  return { type: "welcome", protocol: 1, cluster: idOf(99), node };
}

/** A street of houses, the first at 10.0.0.0: time stands unless it is told to go on. */
export class Street {
  /** The time of the street. */
  readonly clock = new ManualClock();
  /** Where the houses are, in order. */
  readonly addresses: Address[];
  /** When each was dialled, the numbers of the houses in order. */
  readonly dialled: Array<[house: number, at: number]> = [];
  /** The links to the members that were reached, by the numbers of their houses. */
  readonly links = new Map<number, FakeLink>();

  /** @param houses at 10.0.0.0, 10.0.0.1 and so on. */
  constructor(houses: readonly House[]) {
    this.addresses = houses.map((_, number) => ({ host: `10.0.0.${number}`, port: 8001 }));
    this.#houses = houses;
  }

  readonly #houses: readonly House[];

  /** The clock, and a network that leads to the houses. */
  get ports(): Ports {
    const dial = (address: Address, timeoutMs: number, handler: DialHandler) => {
      const number = Number(address.host.split(".").at(-1));
      const house = this.#houses[number] as House;
      this.dialled.push([number, this.clock.now()]);
      if (house === "silent") {
        return this.clock.setTimer(timeoutMs, () => {
          handler.failed({ kind: "timeout", message: "no answer" });
        });
      }
      if ("kind" in house) return this.clock.setTimer(0, () => handler.failed(house));
      return this.clock.setTimer(house.afterMs, () => {
        const link = new FakeLink();
        this.links.set(number, link);
        handler.connected(link);
        link.receive(house.says ?? welcomeOf(number));
      });
    };
    return { clock: this.clock, network: { dial } } as unknown as Ports;
  }

  /** Lets the time pass until something has come of it: what, and when. */
  async comesTo<T>(work: Promise<T>, lets = (_link: FakeLink) => {}): Promise<[T, at: number]> {
    let isOver = false;
    let endedAt = 0;
    const end = () => {
      isOver = true;
      endedAt = this.clock.now();
    };
    work.then(end, end);
    while (!isOver && this.clock.now() < 60_000) {
      this.clock.advance(this.clock.now() + STEP_MS);
      for (const link of this.links.values()) lets(link);
      // What follows from it follows in this turn of the event loop.
      for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
    }
    return [await work, endedAt];
  }
}
