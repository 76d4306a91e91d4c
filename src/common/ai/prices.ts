import type { ModelEndpoint, Price, Usage } from './language-models.contract.js';

/** US dollars for a million tokens, by the providers' price pages. A connection's `prices` go before. */
const PRICES: Readonly<Record<string, Price>> = {
  'gpt-5': { input: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, output: 2 },
  'gpt-5-nano': { input: 0.05, output: 0.4 },
  'gpt-4.1': { input: 2, output: 8 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'gpt-4o': { input: 2.5, output: 10 },
  'gpt-4o-mini': { input: 0.15, output: 0.6 },
  o3: { input: 2, output: 8 },
  'o4-mini': { input: 1.1, output: 4.4 },
  'claude-opus-4-5': { input: 5, output: 25 },
  'claude-opus-4-1': { input: 15, output: 75 },
  'claude-sonnet-4-5': { input: 3, output: 15 },
  'claude-sonnet-4': { input: 3, output: 15 },
  'claude-haiku-4-5': { input: 1, output: 5 },
  'claude-3-5-haiku': { input: 0.8, output: 4 },
};
/** A model's snapshots cost what the model costs: `gpt-4o-2024-08-06`, `claude-haiku-4-5-20251001`, `…-latest`. */
const SNAPSHOT = /-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$/;

export function priceOf({ provider, prices }: ModelEndpoint, model: string): Price | null {
  const base = model.replace(SNAPSHOT, '');
  const own = find(prices, model) ?? find(prices, base);
  if (own !== null) return own;
  // What a compatible server charges is its own affair, whatever it calls its models.
  return provider === 'openai_compatible' ? null : find(PRICES, base);
}

/** US dollars. */
export function costOf(price: Price | null, usage: Usage | null): number | null {
  if (price === null || usage === null) return null;
  const dollars = (usage.input_tokens * price.input + usage.output_tokens * price.output) / 1_000_000;
  return Number(dollars.toFixed(8));
}

function find(prices: Readonly<Record<string, Price>>, model: string): Price | null {
  return Object.hasOwn(prices, model) ? (prices[model] ?? null) : null;
}
