import { SETTINGS, VARIABLE_PREFIX, type Setting } from './settings.js';

/** The text of `.env.example`: every setting, commented out, with its default or an example. */
export function envExample(): string {
  const groups = Object.entries(SETTINGS).map(([group, settings]) => {
    const lines = entries(settings).flatMap(([name, setting]) => [
      `# ${setting.about}`,
      `#${name}=${quoted(setting.default ?? setting.example ?? '')}`,
    ]);
    return [`### ${group}`, ...lines].join('\n');
  });
  const head =
    '# Settings of Millrace. Copy to .env and uncomment what you change; what is shown is the default or an example.';
  const tail = `### Workflows\n# Expressions see variables that start so as env.${VARIABLE_PREFIX}…\n#${VARIABLE_PREFIX}REGION=eu`;
  return `${[head, ...groups, tail].join('\n\n')}\n`;
}

/** The text of docs/reference/configuration.md. */
export function configurationPage(): string {
  const groups = Object.entries(SETTINGS).map(([group, settings]) => {
    const rows = entries(settings).map(
      ([name, { about, default: standard, example }]) =>
        `| \`${name}\` | ${standard === null ? '' : `\`${standard}\``} | ${about.replaceAll('|', '\\|')}${example === undefined ? '' : ` Example: \`${example}\``} |`,
    );
    return [`## ${group}`, '', '| Variable | Default | What for |', '|---|---|---|', ...rows].join('\n');
  });
  return `${[PAGE_HEAD, ...groups, PAGE_TAIL].join('\n\n')}\n`;
}

const PAGE_HEAD = `# Configuration

Millrace is set by environment variables, and by a file \`.env\` in its working folder; the environment goes first. All
faults are listed at once at the start, which then ends with exit code 1. An empty value counts as not set.

Durations are written \`500ms\`, \`30s\`, \`5m\`, \`2h\`, \`7d\`, as a number of seconds, or in ISO 8601 (\`PT1H30M\`). Lists are
divided by commas. This page is generated from the table that the server reads its settings by.`;

const PAGE_TAIL = `## Variables for workflows

Expressions see the variables whose names start with \`${VARIABLE_PREFIX}\` as \`env\`: \`env.${VARIABLE_PREFIX}REGION\`.`;

function entries(settings: Readonly<Record<string, Setting>>): [string, Setting][] {
  return Object.entries(settings);
}

function quoted(value: string): string {
  return /[\s#"']/.test(value) ? `"${value}"` : value;
}
