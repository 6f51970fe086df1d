import type { Network } from "../../lib/core/mod.ts";
import { Client } from "../../lib/node/mod.ts";
import type { FakeLink } from "./fake_link.ts";
import { ManualClock } from "./manual_clock.ts";

/** Who welcomes the client. */
const NODE = {
  id: "01890000-0000-7000-8000-000000000001",
  name: "ada",
  address: "127.0.0.1:8001",
};

/** A client of a member that the test plays at the other end of a link. */
export async function clientOn(link: FakeLink, clock = new ManualClock()): Promise<Client> {
  const network: Network = {
    listen: () => {
      throw new Error("A client does not listen");
    },
    dial: (_, __, handler) => {
      queueMicrotask(() => {
        handler.connected(link);
        link.receive({ type: "welcome", protocol: 1, node: NODE, batch: true });
      });
      return { cancel: () => {} };
    },
  };
  const client = await Client.connect({ network, clock }, [{ host: "127.0.0.1", port: 8001 }]);
  link.take();
  return client;
}
