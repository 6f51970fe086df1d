export function validate(id: string): boolean;
export function generate(timestamp?: number): string;
export function extractTimestamp(uuid: string): number;
