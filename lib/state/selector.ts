/** Which keys: one, or all with a prefix. */
export type Selector = { key: string; prefix?: never } | { prefix: string; key?: never };
