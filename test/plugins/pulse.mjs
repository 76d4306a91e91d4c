/** A plugin as somebody would write it, without a build: a node type, a trigger type and hooks. */
export default ({ nodes, triggers, validators, fields }) => {
  class GreetConfig {
    greeting = 'Hello';
  }
  fields.rules(GreetConfig, {
    name: [fields.Field('Who is greeted.'), validators.IsString()],
    greeting: [fields.Field('How they are greeted.'), validators.IsString()],
  });

  class GreetNode extends nodes.NodeType {
    type = 'greet';
    kind = 'ACTION';
    title = 'Greet';
    description = 'Makes a greeting.';
    config = GreetConfig;
    effect() {
      return 'pure';
    }
    execute({ config }) {
      return nodes.done({ text: `${config.greeting}, ${config.name}` });
    }
  }

  class PulseConfig {
    message = 'alive';
  }
  fields.rules(PulseConfig, { message: [fields.Field('What the payload says.'), validators.IsString()] });

  class PulseTrigger extends triggers.BaseTrigger {
    type = 'pulse';
    title = 'Pulse';
    description = 'Fires once, as soon as it is in force.';
    config = PulseConfig;
    constructor(host) {
      super();
      this.host = host;
    }
    async arm(client, trigger, { isNew, now }) {
      if (isNew) await this.host.setTimers(client, [{ triggerId: trigger.id, key: '', dueAt: now, payload: null }]);
    }
    async disarm(client, ids) {
      await this.host.cancelTimers(client, ids);
    }
    async due(client, due, now) {
      const seen = (dueAt, payload) => ({ occurredAt: now, scheduledFor: dueAt, payload, key: 'once', keyTtlMs: null });
      const all = due.map(({ trigger, dueAt }) => ({ trigger, seen: seen(dueAt, trigger.config) }));
      return (await this.host.handleWithin(client, all)).after;
    }
  }

  const told = (globalThis.pulseTold ??= []);
  return {
    nodeTypes: [GreetNode],
    triggerTypes: [PulseTrigger],
    hooks: {
      onWorkflowStart: (event) => told.push(['onWorkflowStart', event]),
      onStepStart: (event) => {
        told.push(['onStepStart', event]);
        throw new Error('a hook that throws');
      },
      onStepComplete: (event) => {
        told.push(['onStepComplete', event]);
        return Promise.reject(new Error('a hook that rejects'));
      },
      onWorkflowComplete: (event) => told.push(['onWorkflowComplete', event]),
    },
  };
};
