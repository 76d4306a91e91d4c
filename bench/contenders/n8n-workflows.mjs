/** The work as n8n has it: Webhook -> Set -> If -> Set. One answers at once, one after its last node. */
export function workflows() {
  return [workflow('bench', 'onReceived'), workflow('bench-answer', 'lastNode')];
}

function workflow(path, responseMode) {
  const node = (name, type, typeVersion, parameters) => ({
    id: `${path}-${name}`,
    name,
    type: `n8n-nodes-base.${type}`,
    typeVersion,
    position: [0, 0],
    parameters,
  });
  const set = (name, field, type, value) =>
    node(name, 'set', 3.4, {
      assignments: { assignments: [{ id: `${path}-${name}-1`, name: field, type, value }] },
      options: {},
    });
  const condition = {
    id: `${path}-condition`,
    leftValue: '={{ $json.amount }}',
    rightValue: 100,
    operator: { type: 'number', operation: 'gt' },
  };
  const to = (...names) => names.map((name) => [{ node: name, type: 'main', index: 0 }]);
  return {
    id: path,
    name: path,
    active: false,
    settings: { executionOrder: 'v1' },
    nodes: [
      { ...node('Webhook', 'webhook', 2, { httpMethod: 'POST', path, responseMode, options: {} }), webhookId: path },
      set('First', 'amount', 'number', '={{ $json.body.amount }}'),
      node('Check', 'if', 2.2, {
        conditions: {
          options: { caseSensitive: true, typeValidation: 'strict', version: 2 },
          conditions: [condition],
          combinator: 'and',
        },
        options: {},
      }),
      set('Big', 'size', 'string', 'big'),
      set('Small', 'size', 'string', 'small'),
    ],
    connections: {
      Webhook: { main: to('First') },
      First: { main: to('Check') },
      Check: { main: to('Big', 'Small') },
    },
  };
}
