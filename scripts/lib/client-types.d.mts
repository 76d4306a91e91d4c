export function clientTypes(document: unknown): Promise<string>;
