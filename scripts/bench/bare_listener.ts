/**
 * The least that a program of this runtime does before it listens: what Muster's start is measured
 * against.
 *
 * @module
 */
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(`ready 127.0.0.1:${listener.addr.port}`);
await listener.accept();
