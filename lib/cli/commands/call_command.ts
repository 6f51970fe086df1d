import { FRAME_BYTES, type Json } from "../../core/mod.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit_code.ts";
import { CLUSTER_FLAG, JSON_FLAG, TIMEOUT_FLAG } from "../flag_values.ts";
import { isMeantAsJson, parseBody } from "../json_body.ts";
import { jsonLine, jsonLines } from "../terminal/mod.ts";
import { UsageError } from "../usage_error.ts";
import { withClient } from "../with_client.ts";

/** What a person wants called. */
export interface CallRequest {
  /** The member that is to serve it; `undefined`: any that offers the service. */
  readonly node: string | undefined;
  readonly service: string;
  /** The body as text; `undefined`: none was given; `-`: it is on the standard input. */
  readonly body: string | undefined;
}

/** `muster call`: a service, wherever it runs. */
export const callCommand: Command = {
  name: "call",
  summary: "call a service of a member, or of any that offers it",
  usage: ["call [NODE] SERVICE [JSON]", "call --any SERVICE [JSON]"],
  flags: [
    { name: "any", summary: "any member that offers the service: no NODE is given" },
    CLUSTER_FLAG,
    { ...JSON_FLAG, summary: "the reply's body alone, on one line" },
    { ...TIMEOUT_FLAG, summary: "how long to wait for the reply, like 500ms or 1m (5s)" },
  ],
  details:
    "NODE is a name, an address or an id. Of two arguments the second is the body if it is JSON " +
    "or begins as an\nobject, an array or a text does, or is a dash; else they are NODE and SERVICE. " +
    "Without JSON the body is null;\n- reads it from the standard input. A body like -5 stands after --. " +
    "Every node has the services echo and info.",
  examples: [
    [`muster call greet '{"name":"Ada"}'`, "any member that offers greet"],
    ["muster call 127.0.0.1:8002 info", "that member, without a body"],
    ["muster call node3 echo - < body.json", "the body from a file"],
  ],
  arguments: [1, 3],
  async run(args, context) {
    const { node, service, body } = readCallRequest(args.positionals, args.isOn("any"));
    const value = await bodyOf(body, context);
    const reply = await withClient(
      args,
      context,
      ({ client, timeoutMs }) => client.call({ node, service, body: value, timeoutMs }),
    );
    const { output } = context;
    output.out(args.isOn("json") ? jsonLine(reply) : jsonLines(reply, output.isTerminal));
    return EXIT.done;
  },
};

/**
 * Which of the arguments is what; the command's own help tells the rule.
 *
 * @throws {UsageError} when there is one too many for `--any`.
 */
export function readCallRequest(positionals: readonly string[], isAny: boolean): CallRequest {
  const [first, second, third] = positionals as [string, string?, string?];
  if (isAny && third !== undefined) {
    throw new UsageError(`Unexpected argument "${third}": with --any no NODE is given`);
  }
  if (isAny || second === undefined) return { node: undefined, service: first, body: second };
  if (third !== undefined) return { node: first, service: second, body: third };
  return second === "-" || isMeantAsJson(second)
    ? { node: undefined, service: first, body: second }
    : { node: first, service: second, body: undefined };
}

async function bodyOf(text: string | undefined, context: CommandContext): Promise<Json> {
  if (text === undefined) return null;
  return parseBody(text === "-" ? await context.readInput(FRAME_BYTES) : text);
}
