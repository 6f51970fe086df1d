/** Which keys: one, or all with a prefix (`""`: all). Exactly one of the two. */
export type Selector = { key: string; prefix?: undefined } | { prefix: string; key?: undefined };
