export const zh = {} as Record<string, string>;
export type Text = string;
