import { assertEquals, assertThrows } from "@std/assert";
import { ClusterError } from "../../lib/core/mod.ts";
import { ServedCall, ServiceRegistry, type SystemServices } from "../../lib/rpc/mod.ts";

const SERVICES: SystemServices = {
  "muster.open": { from: "anyone", serve: () => "open" },
  "muster.inner": { from: "member", serve: () => "inner" },
};

/** A registry in which one part has declared `SERVICES`. */
function registry(): ServiceRegistry {
  const made = new ServiceRegistry({ self: { name: "here" } }, {});
  made.register({ name: "one", services: SERVICES });
  return made;
}

/** The code of what a check throws. */
function refusal(check: () => void): string {
  return assertThrows(check, ClusterError).code;
}

Deno.test("two parts that declare one system service are an error at the start, which names both", () => {
  const services = { "muster.inner": { from: "member", serve: () => 1 } } as const;
  const fault = assertThrows(() => registry().register({ name: "two", services }), TypeError);
  assertEquals(fault.message, 'Both one and two declare the service "muster.inner"');
  assertThrows(() => registry().handle("muster.inner", () => 1), TypeError, "already");
});

Deno.test("clients call what is for anyone, and of the cluster's own services no other, known or not", () => {
  const made = registry();
  for (const service of ["muster.open", "any", "echo"]) made.checkClient(service);
  for (const service of ["muster.inner", "muster.unknown"]) {
    assertEquals(refusal(() => made.checkClient(service)), "UNKNOWN_SERVICE");
  }
});

Deno.test("a node that leaves serves what the cluster needs of it until it closes, and offers again if it stays", () => {
  const made = registry();
  const offered: string[][] = [];
  made.onChange((names) => offered.push(names));
  made.handle("greet", () => "hello");
  made.withdraw();
  made.checkOpen("muster.inner");
  for (const service of ["greet", "echo"]) {
    assertEquals(refusal(() => made.checkOpen(service)), "SHUTTING_DOWN");
  }
  made.offerAgain();
  made.checkOpen("greet");
  made.close();
  assertEquals(refusal(() => made.checkOpen("muster.inner")), "SHUTTING_DOWN");
  assertEquals(offered, [["greet"], [], ["greet"]]);
});

Deno.test("a call is not started until its handler is there to run", () => {
  const made = registry();
  const fate = { isUnstarted: true };
  const serve = (service: string) => made.serve(null, new ServedCall(service, "n", 1, null), fate);
  assertEquals([refusal(() => void serve("unknown")), fate.isUnstarted], ["UNKNOWN_SERVICE", true]);
  assertEquals([serve("muster.open"), fate.isUnstarted], ["open", false]);
});
