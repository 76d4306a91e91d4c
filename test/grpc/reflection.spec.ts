import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { expect, it } from 'vitest';
import { fileDescriptors } from '../../src/common/grpc/file-descriptors.js';
import { PROTO_FOLDER, SERVICE_FILES } from '../../src/common/grpc/protos.js';

const FILES: any[] = fileDescriptors(SERVICE_FILES, (name) => join(PROTO_FOLDER, name)).map((bytes) =>
  descriptor.FileDescriptorProto.decode(bytes),
);
const byName = new Map(FILES.map((file) => [file.name as string, file]));

/** Full names of messages and enums that a file declares. */
function declared({ package: own, messageType, enumType }: any): string[] {
  const within = (scope: string, { name, nestedType = [], enumType: enums = [] }: any): string[] => [
    `${scope}.${name}`,
    ...nestedType.flatMap((each: any) => within(`${scope}.${name}`, each)),
    ...enums.map((each: any) => `${scope}.${name}.${each.name}`),
  ];
  return [
    ...messageType.flatMap((each: any) => within(`.${own}`, each)),
    ...enumType.map(({ name }: any) => `.${own}.${name}`),
  ];
}

function messagesOf({ messageType }: any): any[] {
  const all = (message: any): any[] => [message, ...(message.nestedType ?? []).flatMap(all)];
  return messageType.flatMap(all);
}

it('every file of proto/ is described under its own name, with the imports that it writes', () => {
  const own = readdirSync(PROTO_FOLDER).filter((name) => name.endsWith('.proto'));
  expect([...byName.keys()]).toEqual(expect.arrayContaining(own));
  for (const name of own) {
    const text = readFileSync(join(PROTO_FOLDER, name), 'utf8');
    expect(byName.get(name).dependency).toEqual([...text.matchAll(/^import "(.*)";$/gm)].map((match) => match[1]));
  }
});

it.each(FILES.map((file) => [file.name as string, file]))(
  '%s keeps the rules that strict clients hold it to: full names, of itself or of its imports',
  (_name, file) => {
    const known = new Set([file, ...file.dependency.map((each: string) => byName.get(each))].flatMap(declared));
    const named: string[] = [
      ...messagesOf(file).flatMap(({ field = [] }) => field.map(({ typeName }: any) => typeName as string)),
      ...file.service.flatMap(({ method }: any) => method.flatMap((each: any) => [each.inputType, each.outputType])),
    ].filter((type) => type !== '');
    expect(named.filter((type) => !known.has(type))).toEqual([]);
    for (const { nestedType = [], field = [] } of messagesOf(file))
      for (const entry of nestedType.filter(({ options }: any) => options?.mapEntry)) {
        const user = field.find(({ typeName }: any) => typeName.endsWith(`.${entry.name}`));
        expect(`${user.name}entry`.replaceAll('_', '')).toBe(entry.name.toLowerCase());
      }
  },
);

it('a field that is optional has an oneof of its own, behind those that are written', () => {
  const update = messagesOf(byName.get('workflow_service.proto')).find(({ name }) => name === 'UpdateWorkflowRequest');
  const oneofs = update.oneofDecl.map(({ name }: any) => name as string);
  expect(oneofs[0]).toBe('source');
  expect(oneofs.slice(1)).toEqual(['_name', '_description', '_owner_id', '_is_template', '_slug']);
  for (const { name, oneofIndex, proto3Optional } of update.field)
    if (proto3Optional) expect(oneofs[oneofIndex]).toBe(`_${name}`);
});
