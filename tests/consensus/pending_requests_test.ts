import { assertEquals } from "@std/assert";
import { type AnswerEffect, PendingRequests } from "../../lib/consensus/pending_requests.ts";
import { ClusterError } from "../../lib/core/mod.ts";
import { failureOf } from "../support/local_cluster.ts";

/** What each kind of request hears when it is refused, or when the node ends. */
const KINDS: [
  what: string,
  ask: (answers: PendingRequests, request: number) => Promise<unknown>,
][] = [
  ["a proposal", (answers, request) => answers.ofProposal(request)],
  ["a transfer", (answers, request) => answers.ofTransfer(request)],
];

function refused(request: number): AnswerEffect {
  return {
    type: "refused",
    request,
    code: "NOT_MASTER",
    reason: "n2 leads",
    leader: "n2",
    missing: [],
  };
}

for (const [what, ask] of KINDS) {
  Deno.test(`${what} that is refused is answered, and no other`, async () => {
    const answers = new PendingRequests();
    const [first, second] = [answers.next(), answers.next()];
    const [failing, waiting] = [failureOf(ask(answers, first)), failureOf(ask(answers, second))];
    answers.answer(refused(first));
    const { code, message, details } = await failing;
    assertEquals([code, message, details?.["leader"]], ["NOT_MASTER", "n2 leads", "n2"]);
    answers.failAll(new ClusterError("SHUTTING_DOWN", "This node has left"));
    assertEquals((await waiting).code, "SHUTTING_DOWN");
  });
}

Deno.test("a read that no majority confirmed is answered with who was missing", async () => {
  const answers = new PendingRequests();
  const request = answers.next();
  const reading = failureOf(answers.ofRead(request));
  answers.answer({
    type: "read-failed",
    request,
    code: "NO_QUORUM",
    leader: undefined,
    missing: ["n3"],
  });
  const { code, details } = await reading;
  assertEquals([code, details], ["NO_QUORUM", { leader: null, missing: ["n3"] }]);
});

Deno.test("a transfer that took place names the new master, one that did not is a time-out", async () => {
  const answers = new PendingRequests();
  const [first, second] = [answers.next(), answers.next()];
  const [done, late] = [answers.ofTransfer(first), failureOf(answers.ofTransfer(second))];
  answers.answer({ type: "transferred", request: first, to: "n2", ok: true });
  answers.answer({ type: "transferred", request: second, to: "n2", ok: false });
  assertEquals([await done, (await late).code], ["n2", "TIMEOUT"]);
});
