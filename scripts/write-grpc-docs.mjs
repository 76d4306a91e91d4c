// Writes docs/reference/grpc.md from the files in proto/: `node scripts/write-grpc-docs.mjs`. A test compares.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import protobuf from 'protobufjs';

const ROOT = resolve(import.meta.dirname, '..');
const PROTO = join(ROOT, 'proto');
const PAGE = join(ROOT, 'docs/reference/grpc.md');

const HEAD = `# gRPC

Package \`millrace.v1\`, the files in \`proto/\`. How to call it, errors, values: [the guide](../guides/grpc.md). This page is generated
from the files by \`node scripts/write-grpc-docs.mjs\`.`;

export function grpcReference() {
  const files = readdirSync(PROTO).filter((name) => name.endsWith('.proto'));
  const root = new protobuf.Root();
  root.resolvePath = (_from, target) => join(PROTO, target);
  for (const file of files) {
    protobuf.parse.filename = file;
    protobuf.parse(readFileSync(join(PROTO, file), 'utf8'), root, { keepCase: true, alternateCommentMode: true });
  }
  const all = root.lookup('millrace.v1').nestedArray;
  const services = all.filter((each) => each instanceof protobuf.Service);
  const messages = all.filter((each) => each instanceof protobuf.Type);
  const enums = all.filter((each) => each instanceof protobuf.Enum);
  const parts = [
    HEAD,
    ...services.map(service),
    '## Messages',
    ...messages.map(message),
    '## Enums',
    ...enums.map(words),
  ];
  return `${parts.join('\n\n')}\n`;
}

function service({ name, comment, filename, methodsArray }) {
  const rows = methodsArray.map(
    (one) =>
      `| \`${one.name}\` | ${link(one.requestType)} | ${one.responseStream ? 'stream of ' : ''}${link(one.responseType)} | ${cell(one.comment)} |`,
  );
  const about = comment === null ? [] : [cell(comment), ''];
  return [
    `## ${name}`,
    '',
    `In \`proto/${filename}\`. ${about[0] ?? ''}`.trim(),
    '',
    '| method | takes | gives | |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function message({ name, comment, fieldsArray }) {
  const head = [`### ${name}`, ...(comment === null ? [] : ['', cell(comment)])];
  if (fieldsArray.length === 0) return head.join('\n');
  const rows = fieldsArray.map((field) => {
    const kind = field.options?.proto3_optional ? 'optional ' : field.repeated ? 'repeated ' : '';
    return `| \`${field.name}\` | ${field.id} | ${kind}${link(field.type)} | ${cell(field.comment)} |`;
  });
  return [...head, '', '| field | | type | |', '|---|---|---|---|', ...rows].join('\n');
}

function words({ name, comment, values, comments }) {
  const head = [`### ${name}`, ...(comment === null ? [] : ['', cell(comment)])];
  const rows = Object.entries(values).map(([word, number]) => `| \`${word}\` | ${number} | ${cell(comments[word])} |`);
  return [...head, '', '| value | | |', '|---|---|---|', ...rows].join('\n');
}

/** Own types lead to their place on the page. */
function link(type) {
  const isOwn = !type.includes('.') && /^[A-Z]/.test(type);
  return isOwn ? `[${type}](#${type.toLowerCase()})` : `\`${type}\``;
}

function cell(comment) {
  return (comment ?? '').replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim();
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, grpcReference());
