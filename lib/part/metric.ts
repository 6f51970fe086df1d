/** One number that a part tells of itself. */
export interface Metric {
  /** Within the part, as `calls_served_total`: what it counts, and in which unit. */
  readonly name: string;
  /** Whether it only grows, or may fall again. */
  readonly kind: "counter" | "gauge";
  /** What it means, in a sentence. */
  readonly help: string;
  /** Its value now. */
  readonly value: number;
  /** What tells it apart from others of its name. */
  readonly labels?: Readonly<Record<string, string>>;
}
