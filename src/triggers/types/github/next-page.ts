/** Where a `Link` header says that a list goes on: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
export function nextPage(link: string | null): string | null {
  const next = (link ?? '').split(',').find((part) => /;\s*rel="?next"?/.test(part));
  return /<([^>]+)>/.exec(next ?? '')?.[1] ?? null;
}
