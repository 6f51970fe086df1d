import { TcpNetwork } from "../../lib/io/mod.ts";
import { testNetworkCompliance } from "./network_compliance.ts";
import { until } from "./until.ts";

testNetworkCompliance("TCP", () => ({
  network: new TcpNetwork(),
  here: { host: "127.0.0.1", port: 0 },
  // A name that is malformed fails without asking anybody.
  nowhere: { host: "no such host", port: 1 },
  until,
}));

testNetworkCompliance("TCP over IPv6", () => ({
  network: new TcpNetwork(),
  here: { host: "::1", port: 0 },
  until,
}));
