import type { PlanGraph } from './plan-graph.js';
import { fillOf } from './status-colours.js';

/** The graph in Mermaid's flowchart language. Ids are numbers and all text is escaped, so no name can break out. */
export function toMermaid(graph: PlanGraph): string {
  const ids = new Map(graph.nodes.map((node, index) => [node.id, `n${index}`]));
  const nodes = graph.nodes.map((node) => {
    const label = `${escape(node.name)}<br/><i>${escape(node.type)}</i>`;
    return `  ${ids.get(node.id) ?? ''}["${label}"]`;
  });
  const edges = graph.edges.map(({ from, to, output }) => {
    const arrow = output === null ? '-->' : `-->|"${escape(output)}"|`;
    return `  ${ids.get(from) ?? ''} ${arrow} ${ids.get(to) ?? ''}`;
  });
  const styles = graph.nodes.flatMap(({ id, status }) =>
    status === null ? [] : [`  style ${ids.get(id) ?? ''} fill:${fillOf(status)}`],
  );
  return ['flowchart TD', ...nodes, ...edges, ...styles, ''].join('\n');
}

/** Mermaid's entity codes: `#` and the code point. */
function escape(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} _.,:/()+-]/gu, (character) => `#${character.codePointAt(0) ?? 63};`);
}
