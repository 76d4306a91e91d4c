import type { Text } from '../i18n/zh';

export interface Starter {
  readonly id: string;
  readonly title: Text;
  readonly text: Text;
  readonly yaml: string;
}

/** Workflows that run as they are. A test validates and runs each. */
export const STARTERS: readonly Starter[] = [
  {
    id: 'hello',
    title: 'Hello',
    text: 'Two steps that run without anything else: see how values pass from one to the next.',
    yaml: `# Two steps. The second one uses what the first one made.
name: Hello
variables:
  greeting: Hello

steps:
  - id: greet
    type: set
    config:
      values:
        text: "{{ variables.greeting }}, {{ default(input.name, 'world') }}!"
  - id: note
    type: log
    config:
      message: "{{ steps.greet.output.text }}"

triggers:
  - type: manual
`,
  },
  {
    id: 'schedule',
    title: 'Every morning',
    text: 'A cron trigger, a step that waits and a branch by condition.',
    yaml: `# Runs at 8 o'clock on working days.
name: Every morning

steps:
  - id: numbers
    type: set
    config:
      values:
        orders: 12
  - id: pause
    type: wait
    config:
      duration: 5s
  - id: many
    type: condition
    config:
      expression: steps.numbers.output.orders > 10
      then:
        - id: busy
          type: log
          config:
            message: "{{ steps.numbers.output.orders }} orders: a busy day"
      else:
        - id: quiet
          type: log
          config:
            message: A quiet day

triggers:
  - type: cron
    name: Working days at eight
    config:
      cron: "0 8 * * MON-FRI"
      timezone: UTC
  - type: manual
`,
  },
  {
    id: 'webhook',
    title: 'Webhook with approval',
    text: 'A request starts it, a person approves, then it goes on.',
    yaml: `# POST /webhook/refund {"amount": 120} starts it.
name: Refund with approval

steps:
  - id: ask
    type: approval
    config:
      title: "Refund of {{ input.body.amount }}"
      message: Please look at the order first.
      form:
        type: object
        required: [reason]
        properties:
          reason:
            type: string
            title: Reason
  - id: done
    type: log
    config:
      message: "Refunded: {{ steps.ask.output.data.reason }}"

triggers:
  - type: webhook
    config:
      path: /refund
`,
  },
  {
    id: 'empty',
    title: 'Empty',
    text: 'Only a name and one step.',
    yaml: `name: New workflow

steps:
  - id: first
    type: log
    config:
      message: It runs.
`,
  },
];
