import { useEffect, useState } from 'react';
import { type Drawn, layout, type Layout } from './layout';

/** Where the steps stand and how the edges run, and what went wrong; done again only when the shape changes. */
export function useLayout(graph: Drawn): [Layout | null, unknown] {
  const [found, setFound] = useState<Layout | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const shape = JSON.stringify([graph.nodes.map(({ id }) => id), graph.edges]);
  useEffect(() => {
    let isCurrent = true;
    const settle =
      <T>(set: (value: T) => void) =>
      (value: T) => {
        if (isCurrent) set(value);
      };
    layout(graph).then(settle(setFound), settle(setFault));
    return () => {
      isCurrent = false;
    };
    // What a step does, and its state, change nothing about where it stands.
  }, [shape]);
  return [found, fault];
}
