/** The fields of a DTO or entity class as a plain object: what services take and return. */
export type Plain<T> = { [K in keyof T]: T[K] };
