import { type Document, isMap, isScalar, isSeq, visit, type YAMLMap, type YAMLSeq } from 'yaml';
import {
  dependenciesOf,
  type Dependency,
  type EditGraph,
  type EditNode,
  readDocument,
  type TextPath,
} from './graph-model';

/** Every edit takes a text and gives a text; what it does not touch stays, comments too. */
type Edit = (text: string, graph: EditGraph) => string;

function edit(text: string, change: (document: Document) => void): string {
  const document = readDocument(text);
  change(document);
  return document.toString({ lineWidth: 0, flowCollectionPadding: !/\{\w/.test(text), ...indentationOf(text) });
}

/** A key whose value begins on a further line, and how that line begins. */
const NESTED = /^[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)(- )?/m;

/** As the text has it, so that lines that say the same stay the same. */
function indentationOf(text: string): { indent: number; indentSeq: boolean } {
  const [, spaces = '', dash] = NESTED.exec(text) ?? [];
  return { indent: spaces.length > 0 ? spaces.length : 2, indentSeq: dash === undefined || spaces !== '' };
}

/** A step at the end of a list: that of `after`, and behind it, or the main one. */
export function addStep(type: { type: string; kind: string }, config: object, after: EditNode | null): Edit {
  return (text, graph) =>
    edit(text, (document) => {
      const id = freeId(type.type, graph);
      if (graph.spelling === 'nodes') {
        const node = { id, type: type.kind, subtype: type.type, parameters: config };
        document.addIn(['nodes'], document.createNode(node));
        if (after !== null) connectNodes(document, { from: after.id, to: id, output: null });
        return;
      }
      const at = after === null ? ['steps'] : after.at.slice(0, -1);
      if (!isSeq(document.getIn(at))) document.setIn(at, document.createNode([]));
      const list = document.getIn(at) as YAMLSeq;
      const last = list.items.at(-1);
      // Behind the last one it stands by the rule.
      const isLast = isMap(last) && last.get('id') === after?.step;
      const dependency = after === null || isLast ? {} : { depends_on: [after.step] };
      list.add(document.createNode({ id, type: type.type, ...dependency, config }));
    });
}

/** @returns the id that a new step of this type gets. */
export function freeId(type: string, { nodes }: EditGraph): string {
  const taken = new Set(nodes.map(({ step }) => step));
  if (!taken.has(type)) return type;
  for (let n = 2; ; n++) if (!taken.has(`${type}_${n}`)) return `${type}_${n}`;
}

export function connect(from: EditNode, to: EditNode, output: string | null): Edit {
  return (text, graph) =>
    edit(text, (document) => {
      if (graph.spelling === 'nodes') {
        connectNodes(document, { from: from.id, to: to.id, output });
        return;
      }
      const before = dependencies(document, to).filter(({ step }) => step !== from.step);
      setDependencies(document, to, [...before, { step: from.step, output }]);
    });
}

export function disconnect(from: EditNode, to: EditNode): Edit {
  return (text, graph) =>
    edit(text, (document) => {
      if (graph.spelling === 'nodes') {
        removeConnections(document, (a, b) => a === from.id && b === to.id);
        return;
      }
      setDependencies(
        document,
        to,
        dependencies(document, to).filter(({ step }) => step !== from.step),
      );
    });
}

/** These come before it, and no others. */
export function waitFor(node: EditNode, before: readonly EditNode[]): Edit {
  return (text, graph) => {
    if (graph.spelling === 'nodes') {
      const now = new Set(graph.edges.filter(({ to }) => to === node.id).map(({ from }) => from));
      const gone = graph.nodes.filter(({ id }) => now.has(id) && !before.some((each) => each.id === id));
      const edits = [
        ...gone.map((each) => disconnect(each, node)),
        ...before.filter(({ id }) => !now.has(id)).map((each) => connect(each, node, null)),
      ];
      return edits.reduce((current, change) => change(current, graph), text);
    }
    return edit(text, (document) => {
      const known = dependencies(document, node);
      const list = before.map(({ step }) => known.find((each) => each.step === step) ?? { step, output: null });
      setDependencies(document, node, list);
    });
  };
}

/** Whether both stand in one list: only then can one wait for the other. */
export function mayConnect(from: EditNode, to: EditNode, { spelling }: EditGraph): boolean {
  if (from.id === to.id) return false;
  return spelling === 'nodes' || from.at.slice(0, -1).join('.') === to.at.slice(0, -1).join('.');
}

/** Takes a step away. What waited for it waits for what it waited for. */
export function removeStep(node: EditNode): Edit {
  return (text, graph) =>
    edit(text, (document) => {
      if (graph.spelling === 'nodes') {
        removeConnections(document, (a, b) => a === node.id || b === node.id);
        document.deleteIn(node.at);
        return;
      }
      const list = document.getIn(node.at.slice(0, -1)) as YAMLSeq;
      const all = dependenciesOf(list);
      const own = all.get(node.step) ?? [];
      for (const [n, item] of list.items.entries()) {
        const step = isMap(item) ? String(item.get('id')) : '';
        const waits = all.get(step) ?? [];
        if (step === node.step || !isMap(item) || !item.has('depends_on')) continue;
        if (!waits.some((each) => each.step === node.step)) continue;
        const rest = waits.filter((each) => each.step !== node.step);
        const inherited = own.filter((each) => !rest.some(({ step: known }) => known === each.step));
        setDependencies(document, { ...node, at: [...node.at.slice(0, -1), n] }, [...rest, ...inherited]);
      }
      document.deleteIn(node.at);
    });
}

export function moveStep(node: EditNode, x: number, y: number): Edit {
  return (text) =>
    edit(text, (document) => {
      const position = document.createNode({ x: Math.round(x), y: Math.round(y) }, { flow: true });
      document.setIn([...node.at, 'position'], position);
    });
}

/** Sets the fields of a step that differ; the others keep their comments. `undefined` takes one away. */
export function changeStep(node: EditNode, fields: Readonly<Record<string, unknown>>): Edit {
  return (text) =>
    edit(text, (document) => {
      for (const [name, value] of Object.entries(fields)) merge(document, [...node.at, name], value);
    });
}

function merge(document: Document, at: TextPath, value: unknown): void {
  if (value === undefined) {
    document.deleteIn(at);
    return;
  }
  const before = document.getIn(at, true);
  if (!isMap(before) || !isRecord(value)) {
    if (same(isScalar(before) ? before.value : toPlain(before), value)) return;
    // A scalar keeps the comment behind it.
    if (isScalar(before) && !isRecord(value) && !Array.isArray(value)) before.value = value;
    else document.setIn(at, document.createNode(value));
    return;
  }
  for (const { key } of [...before.items]) {
    const name = isScalar(key) ? String(key.value) : String(key);
    if (!Object.hasOwn(value, name)) document.deleteIn([...at, name]);
  }
  for (const [name, each] of Object.entries(value)) merge(document, [...at, name], each);
}

/** A new id, and everything in the text that names the old one. */
export function renameStep(node: EditNode, id: string): Edit {
  return (text) =>
    edit(text, (document) => {
      const name = node.step;
      const read = new RegExp(`\\bsteps\\.${name.replaceAll('-', '\\-')}(?![\\w-])`, 'g');
      visit(document, {
        Scalar: (key, scalar) => {
          if (typeof scalar.value === 'string' && key !== 'key')
            scalar.value = scalar.value.replace(read, `steps.${id}`);
        },
        Pair: (_key, { key, value }) => {
          const field = isScalar(key) ? key.value : key;
          const isReference =
            field === 'depends_on' || field === 'goto' || field === 'from' || field === 'to' || field === 'step';
          if (!isReference) return;
          const scalars = isSeq(value) ? value.items : [value];
          for (const each of scalars) if (isScalar(each) && each.value === name) each.value = id;
        },
      });
      document.setIn([...node.at, 'id'], id);
    });
}

function dependencies(document: Document, { at, step }: EditNode): readonly Dependency[] {
  return dependenciesOf(document.getIn(at.slice(0, -1)) as YAMLSeq).get(step) ?? [];
}

function setDependencies(document: Document, { at }: Pick<EditNode, 'at'>, list: readonly Dependency[]): void {
  const plain = list.map(({ step, output }) => (output === null ? step : { step, output }));
  document.setIn([...at, 'depends_on'], document.createNode(plain, { flow: true }));
  document.deleteIn([...at, 'is_parallel']);
}

function connectNodes(
  document: Document,
  { from, to, output }: { from: string; to: string; output: string | null },
): void {
  if (!isSeq(document.get('connections'))) document.set('connections', document.createNode([]));
  const connection = output === null ? { from, to } : { from, output, to };
  document.addIn(['connections'], document.createNode(connection, { flow: true }));
}

function removeConnections(document: Document, isGone: (from: string, to: string) => boolean): void {
  const list = document.get('connections');
  if (!isSeq(list)) return;
  list.items = list.items.filter((each) => !isMap(each) || !isGone(String(each.get('from')), String(each.get('to'))));
}

export function valueAt(text: string, at: TextPath): unknown {
  return toPlain(readDocument(text).getIn(at, true));
}

function toPlain(node: unknown): unknown {
  return isMap(node) || isSeq(node) ? (node as YAMLMap).toJSON() : isScalar(node) ? node.value : node;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
