import {
  type Address,
  ClusterError,
  type LinkFailure,
  type Message,
  type Millis,
  type Ports,
  type Timer,
} from "../core/mod.ts";
import { dial, helloMessage, type Welcome } from "../transport/mod.ts";

/** What an address answered: a node's welcome, or why there is none. */
export type AddressAnswer =
  | { readonly welcome: Welcome; readonly answer?: Message }
  | { readonly failure: LinkFailure; readonly refusal: ClusterError | undefined };

/** What is asked of an address, and how long. */
export interface AddressQuestion {
  /**
   * Which of its answers are waited for, each for so many milliseconds: the welcome, then the
   * answer.
   */
  readonly timeoutMs: Millis;
  /** What whoever welcomes us is asked; nothing when it is absent or returns `undefined`. */
  readonly question?: (welcome: Welcome) => Message | undefined;
  /** Given the timer whose `cancel` gives up the dial: then there is no answer at all. */
  readonly dialling?: ((timer: Timer) => void) | undefined;
}

const QUESTION_ID = 1;

/**
 * Asks an address who listens there, and perhaps one thing more, as any client may.
 *
 * @returns the welcome, with the `answer` when one came in time that is no error.
 */
export function askAddress(
  ports: Pick<Ports, "clock" | "network">,
  address: Address,
  { timeoutMs, question, dialling }: AddressQuestion,
): Promise<AddressAnswer> {
  return new Promise((resolve) => {
    const hello = helloMessage({ role: "client", channel: "data" });
    const opening = dial(ports, address, hello, timeoutMs, {
      opened: (link, welcome) => {
        const asked = question?.(welcome);
        const timer = ports.clock.setTimer(timeoutMs, () => end());
        const end = (answer?: Message) => {
          timer.cancel();
          link.attach({ message: () => {}, closed: () => {} });
          link.close("only asked who listens");
          resolve({ welcome, ...(answer === undefined ? {} : { answer }) });
        };
        if (asked === undefined) return end();
        link.attach({
          message: (message) => {
            if (message["id"] === QUESTION_ID) end(message.type === "error" ? undefined : message);
          },
          closed: () => end(),
        });
        link.send({ ...asked, id: QUESTION_ID });
      },
      failed: (failure, refusal) => resolve({ failure, refusal }),
    });
    dialling?.(opening);
  });
}
