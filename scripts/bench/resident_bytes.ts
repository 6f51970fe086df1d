/** The bytes that a process holds in memory; null where the platform does not tell. */
export async function residentBytes(pid: number): Promise<number | null> {
  if (Deno.build.os === "windows") return null;
  if (Deno.build.os === "linux") {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1_024;
  }
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", `${pid}`] })
    .output();
  return Number(new TextDecoder().decode(stdout)) * 1_024;
}
