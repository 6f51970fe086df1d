import { type NodeId, type Random, randomBelow } from "../core/mod.ts";

/**
 * Chooses who serves a call: this node when it offers the service, else the less loaded of two
 * random candidates, which keeps the longest queue exponentially shorter than one random choice
 * does (Mitzenmacher, "The Power of Two Choices", 2001).
 *
 * @param candidates the members that offer the service.
 * @param self this node.
 * @param loadOf how many calls this node has outstanding at a member.
 */
export function chooseMember(
  candidates: readonly NodeId[],
  self: NodeId,
  loadOf: (node: NodeId) => number,
  random: Random,
): NodeId | undefined {
  if (candidates.length <= 1) return candidates[0];
  if (candidates.includes(self)) return self;
  const first = randomBelow(random, candidates.length);
  // The second is drawn from the others, so that the two always differ.
  const second = (first + 1 + randomBelow(random, candidates.length - 1)) % candidates.length;
  const [a, b] = [candidates[first] as NodeId, candidates[second] as NodeId];
  return loadOf(a) <= loadOf(b) ? a : b;
}
