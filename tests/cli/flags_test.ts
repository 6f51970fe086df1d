import { assertEquals, assertThrows } from "@std/assert";
import { asksFor, type Flag, parseFlags, variableOf } from "../../lib/cli/flags.ts";
import {
  addressesOf,
  CLUSTER_FLAG,
  JSON_FLAG,
  portOf,
  tagsOf,
  timeoutOf,
} from "../../lib/cli/flag_values.ts";
import { nodeCommand, nodeOptionsOf } from "../../lib/cli/commands/node_command.ts";
import { nearestOf } from "../../lib/cli/nearest.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

const FLAGS: readonly Flag[] = [
  { name: "myport", value: "N", summary: "" },
  { ...CLUSTER_FLAG, summary: "" },
  { name: "tag", value: "K=V", isRepeatable: true, summary: "" },
  { name: "makeMasterOnError", mayBeFollowedByTruth: true, summary: "" },
  { ...JSON_FLAG, summary: "" },
  { name: "timeout", value: "DURATION", summary: "" },
];

const SOUND: [typed: string, port: string | undefined, isMaster: boolean, positionals: string[]][] =
  [
    ["", undefined, false, []],
    ["--myport 8002", "8002", false, []],
    ["-myport 8002", "8002", false, []],
    ["--myport=8002", "8002", false, []],
    ["-myport=8002", "8002", false, []],
    ["--makeMasterOnError", undefined, true, []],
    ["-makeMasterOnError", undefined, true, []],
    ["--makeMasterOnError true", undefined, true, []],
    ["--makeMasterOnError false", undefined, false, []],
    ["--makeMasterOnError=false", undefined, false, []],
    ["--makeMasterOnError --myport 0", "0", true, []],
    ["echo 007 --myport 1", "1", false, ["echo", "007"]],
    ["--json true", undefined, false, ["true"]],
    ["echo -- --myport -5", undefined, false, ["echo", "--myport", "-5"]],
    ["echo -", undefined, false, ["echo", "-"]],
  ];

for (const [typed, port, isMaster, positionals] of SOUND) {
  Deno.test(`flags are read: ${typed}`, () => {
    const args = parseFlags(typed === "" ? [] : typed.split(" "), FLAGS);
    assertEquals(args.text("myport"), port);
    assertEquals(args.isOn("makeMasterOnError"), isMaster);
    assertEquals(args.positionals, positionals);
  });
}

const FAULTY: [typed: string, message: string][] = [
  ["--myprot 8002", 'Unknown flag "--myprot"; did you mean --myport?'],
  ["-clusterp x:1", 'Unknown flag "--clusterp"; did you mean --clusterip?'],
  ["--JSON", "did you mean --json?"],
  ["-x", 'Unknown flag "-x" (--help lists all)'],
  ["--certificates", 'Unknown flag "--certificates" (--help lists all)'],
  ["--port 1", 'Unknown flag "--port"; did you mean --myport?'],
  ["-o yaml", 'Invalid -o "yaml": it is json or table or text'],
  ["--output", 'Invalid --output ""'],
  ["--data.dir x", 'Unknown flag "--data.dir"'],
  ["--__proto__ x", 'Unknown flag "--__proto__"'],
  ["call -5", 'Unknown flag "-5"; a value that starts with a dash stands after --'],
  ["--myport", "--myport needs a value: --myport N"],
  ["--myport --json", "--myport needs a value"],
  ["--myport=", "--myport needs a value"],
  ["--myport 1 --myport 2", "--myport is given 2 times"],
  ["--json=maybe", '--json is on or off: it takes true or false, not "maybe"'],
];

for (const [typed, message] of FAULTY) {
  Deno.test(`flags are refused: ${typed}`, () => {
    const error = assertThrows(() => parseFlags(typed.split(" "), FLAGS), UsageError);
    assertEquals(error.message.includes(message), true, error.message);
  });
}

Deno.test("a repeatable flag takes commas and repetitions alike", () => {
  const args = ["--clusterip", "a:1,b:2", "-clusterip", "[::1]:3"];
  assertEquals(addressesOf(parseFlags(args, FLAGS), "clusterip"), [
    { host: "a", port: 1 },
    { host: "b", port: 2 },
    { host: "::1", port: 3 },
  ]);
});

Deno.test("an address without a port has port 8001, wherever it stands", () => {
  const typed = "10.0.0.7,node-1.example.org,::1,[fe80::1],fe80::1%eth0,[::1]:9";
  const meant = ["10.0.0.7", "node-1.example.org", "::1", "fe80::1", "fe80::1%eth0"];
  const addresses = [
    ...meant.map((host) => ({ host, port: 8001 })),
    { host: "::1", port: 9 },
  ];
  assertEquals(addressesOf(parseFlags(["--clusterip", typed], FLAGS), "clusterip"), addresses);
  const environment = (name: string) => name === "MUSTER_CLUSTERIP" ? typed : undefined;
  assertEquals(addressesOf(parseFlags([], FLAGS, environment), "clusterip"), addresses);
  const node = parseFlags(["--clusterip", typed, "--advertise", "10.0.0.7"], nodeCommand.flags);
  assertEquals(nodeOptionsOf(node).join, addresses);
  assertEquals(nodeOptionsOf(node).advertise, { host: "10.0.0.7", port: 8001 });
  // The port that it listens on itself.
  const other = parseFlags(["--myport", "8002", "--advertise", "10.0.0.7"], nodeCommand.flags);
  assertEquals(nodeOptionsOf(other).advertise, { host: "10.0.0.7", port: 8002 });
});

Deno.test("the environment gives what the arguments do not", () => {
  const variables: Record<string, string> = {
    MUSTER_MYPORT: "9",
    MUSTER_CLUSTERIP: "a:1,b:2",
    MUSTER_MAKE_MASTER_ON_ERROR: "true",
  };
  const args = parseFlags(["--clusterip", "c:3"], FLAGS, (name) => variables[name]);
  assertEquals(args.text("myport"), "9");
  assertEquals(args.texts("clusterip"), ["c:3"]);
  assertEquals(args.isOn("makeMasterOnError"), true);
  assertEquals(variableOf("makeMasterOnError"), "MUSTER_MAKE_MASTER_ON_ERROR");
  assertThrows(
    () => parseFlags([], FLAGS, (name) => name === "MUSTER_JSON" ? "1" : undefined),
    UsageError,
    'MUSTER_JSON is true or false, not "1"',
  );
});

Deno.test("help and version are asked for with one dash or two, before --", () => {
  for (const args of [["-h"], ["x", "--help"], ["-help"], ["--help=true"]]) {
    assertEquals(asksFor(args, "help", "h"), true);
  }
  for (const args of [[], ["help"], ["--", "-h"], ["--helper"]]) {
    assertEquals(asksFor(args, "help", "h"), false);
  }
});

Deno.test("the nearest known word is named", () => {
  assertEquals(nearestOf("membrs", ["watch", "members", "rtt"]), "members");
  assertEquals(nearestOf("Statsu", ["watch", "status", "rtt"]), "status");
});

const KNOWN = ["json", "clusterip", "myport", "makeMasterOnError", "timeout", "help", "data"];
const NEAREST: [typed: string, nearest: string | undefined][] = [
  ["endpoints", undefined],
  ["x", undefined],
  ["", undefined],
  ["js", "json"],
  ["jsno", "json"],
  ["hlep", "help"],
  ["date", "data"],
  ["dota", "data"],
  ["dot", undefined],
  ["tiemout", "timeout"],
  ["clusterpi", "clusterip"],
  ["clstrip", "clusterip"],
  ["master", "makeMasterOnError"],
  ["makemasteronerror", "makeMasterOnError"],
  ["port", "myport"],
  ["member", undefined],
  ["insecure", undefined],
];

Deno.test("what looks like no known word is not taken for one", () => {
  for (const [typed, nearest] of NEAREST) assertEquals(nearestOf(typed, KNOWN), nearest, typed);
});

const ALIKE: [typed: string, plain: string][] = [
  ["-e a:1", "--clusterip a:1"],
  ["-e=a:1", "--clusterip a:1"],
  ["--endpoints a:1,b:2", "--clusterip a:1,b:2"],
  ["--endpoints=a:1 -e b:2", "--clusterip a:1 --clusterip b:2"],
  ["-endpoints a:1", "--clusterip a:1"],
  ["-o json", "--json"],
  ["-o=json", "--json"],
  ["-ojson", "--json"],
  ["-otable", ""],
  ["--output json", "--json"],
  ["--output=json", "--json"],
  ["-o table", ""],
  ["x -o json y", "x --json y"],
  ["x -- -o yaml", "x -- -o yaml"],
];

for (const [typed, plain] of ALIKE) {
  Deno.test(`flags have other names: ${typed}`, () => {
    const wordsOf = (text: string) => text === "" ? [] : text.split(" ");
    const [given, meant] = [parseFlags(wordsOf(typed), FLAGS), parseFlags(wordsOf(plain), FLAGS)];
    assertEquals(given.texts("clusterip"), meant.texts("clusterip"));
    assertEquals(given.isOn("json"), meant.isOn("json"));
    assertEquals(given.positionals, meant.positionals);
  });
}

Deno.test("every port there is is taken, from any free one to the last", () => {
  for (const port of [0, 1, 8001, 65_534, 65_535]) {
    const args = parseFlags(["--myport", String(port)], FLAGS);
    assertEquals(portOf(args, "myport"), port);
  }
});

const VALUES: [typed: string, message: string][] = [
  ["--myport abc", 'Invalid --myport "abc": it is a number from 0 (any free port) to 65535'],
  ["--myport 65536", 'Invalid --myport "65536"'],
  ["--myport -1", 'Invalid --myport "-1"'],
  ["--timeout -5s", 'Invalid duration "-5s"'],
  ["--myport 8e3", 'Invalid --myport "8e3"'],
  ["--clusterip 8001", '--clusterip: Invalid address "8001": write HOST:PORT'],
  ["--clusterip a:", "the port is a number"],
  ["--clusterip a:0", "the port is a number"],
  ["--clusterip http://a:1", '--clusterip: Invalid address "http://a:1": write HOST:PORT'],
  ["--clusterip ,,", '--clusterip ",," names no address'],
  ["--clusterip ::1:8001", "an IPv6 address stands in brackets"],
  ["--tag zone", 'Invalid --tag "zone": write KEY=VALUE'],
  ["--tag =a", 'Invalid --tag "=a": write KEY=VALUE'],
  ["--tag a=1 --tag a=2", '--tag gives "a" twice'],
  ["--timeout 5", "give it a unit, like 5s or 5ms"],
  ["--timeout 2h", "it is at most 1h"],
];

for (const [typed, message] of VALUES) {
  Deno.test(`values are refused: ${typed}`, () => {
    const args = parseFlags(typed.split(" "), FLAGS);
    const error = assertThrows(
      () => {
        portOf(args, "myport");
        addressesOf(args, "clusterip");
        tagsOf(args, "tag");
        timeoutOf(args);
      },
      UsageError,
    );
    assertEquals(error.message.includes(message), true, error.message);
  });
}

Deno.test("a node's flags become its options", () => {
  const typed = "--myport 0 --clusterip a:1 -makeMasterOnError true --host [::1] --advertise h:7 " +
    "--name n1 --tag zone=a,b --tag x= --profile wan --insecure --log quiet";
  const args = parseFlags(typed.split(" "), nodeCommand.flags);
  assertEquals(nodeOptionsOf(args), {
    port: 0,
    join: [{ host: "a", port: 1 }],
    makeMasterOnError: true,
    host: "::1",
    advertise: { host: "h", port: 7 },
    name: "n1",
    tags: { zone: "a,b", x: "" },
    profile: "wan",
    insecure: true,
  });
});

Deno.test("a node without flags leaves every default to the node", () => {
  assertEquals(nodeOptionsOf(parseFlags([], nodeCommand.flags)), {
    makeMasterOnError: false,
    insecure: false,
    tags: {},
  });
});
