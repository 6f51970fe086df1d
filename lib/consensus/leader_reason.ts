/**
 * Why the master changed, for people: consensus says leader, as the field does, and they know the
 * master.
 */
export function masterReason(reason: string): string {
  if (reason === "started") return "this node has just started";
  if (/^elected by 1 of 1 voters\b/.test(reason)) return "it is the only voter";
  return reason.replaceAll(/\bleader\b/g, "master");
}
