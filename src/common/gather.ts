/** All items, in a list: `Array.fromAsync`. */
export async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
