import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';

/** Numbers of google.protobuf.FieldDescriptorProto. */
const LABELS = { optional: 1, repeated: 3 } as const;
const SCALARS: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
};
const MESSAGE = 11;
const ENUM = 14;

/**
 * The files as protoc would describe them, imports included: the names, imports and full names of types by which clients of
 * reflection build a schema. (What proto-loader gives is one file a package, without imports; strict clients refuse it.)
 * @param pathOf where a file lies, by the name under which others import it; those of google.protobuf are known.
 * @returns google.protobuf.FileDescriptorProto, encoded
 */
export function fileDescriptors(names: readonly string[], pathOf: (name: string) => string): Buffer[] {
  const root = new protobuf.Root();
  const files = new Map<string, ProtoFile>();
  const read = (name: string): void => {
    if (files.has(name)) return;
    const file = protobuf.common.get(name) === null ? readProto(name, pathOf(name), root) : readKnown(name, root);
    files.set(name, file);
    file.imports.forEach(read);
  };
  names.forEach(read);
  root.resolveAll();
  return [...files].map(([name, file]) => encode(name, file, root));
}

interface ProtoFile {
  readonly package: string;
  readonly imports: readonly string[];
}

function readProto(name: string, path: string, root: protobuf.Root): ProtoFile {
  const { package: own = '', imports = [] } = protobuf.parse(readFileSync(path, 'utf8'), root, { keepCase: true });
  mark(packageOf(root, own), name);
  return { package: own, imports };
}

/** One that the library brings along; it imports no other. */
function readKnown(name: string, root: protobuf.Root): ProtoFile {
  root.addJSON((protobuf.common.get(name) as { nested: Record<string, protobuf.AnyNestedObject> }).nested);
  mark(packageOf(root, 'google.protobuf'), name);
  return { package: 'google.protobuf', imports: [] };
}

/** What is new in a package came with the file that was read last. */
function mark(all: readonly protobuf.ReflectionObject[], name: string): void {
  for (const each of all) each.filename ??= name;
}

function packageOf(root: protobuf.Root, name: string): readonly protobuf.ReflectionObject[] {
  const found = root.lookup(name);
  return found instanceof protobuf.Namespace ? found.nestedArray : [];
}

function encode(name: string, file: ProtoFile, root: protobuf.Root): Buffer {
  const own = packageOf(root, file.package).filter(({ filename }) => filename === name);
  const message = descriptor.FileDescriptorProto.fromObject({
    name,
    package: file.package,
    dependency: file.imports,
    messageType: own.filter(isType).map(toMessage),
    enumType: own.filter(isEnum).map(toEnum),
    service: own.filter(isService).map(toService),
    syntax: 'proto3',
  });
  return Buffer.from(descriptor.FileDescriptorProto.encode(message).finish());
}

const isType = (each: protobuf.ReflectionObject): each is protobuf.Type => each instanceof protobuf.Type;
const isEnum = (each: protobuf.ReflectionObject): each is protobuf.Enum => each instanceof protobuf.Enum;
const isService = (each: protobuf.ReflectionObject): each is protobuf.Service => each instanceof protobuf.Service;

function toMessage(type: protobuf.Type): object {
  // Those of a field that is `optional` have to come last.
  const oneofs = [...type.oneofsArray].sort((a, b) => Number(isSynthetic(a)) - Number(isSynthetic(b)));
  return {
    name: type.name,
    field: type.fieldsArray.map((field) => toField(field, oneofs)),
    nestedType: [
      ...type.nestedArray.filter(isType).map(toMessage),
      ...type.fieldsArray.flatMap((field) => (field instanceof protobuf.MapField ? [toEntry(field)] : [])),
    ],
    enumType: type.nestedArray.filter(isEnum).map(toEnum),
    oneofDecl: oneofs.map(({ name }) => ({ name })),
  };
}

function isSynthetic({ fieldsArray: [field] }: protobuf.OneOf): boolean {
  return field?.options?.['proto3_optional'] === true;
}

function toField(field: protobuf.Field, oneofs: readonly protobuf.OneOf[]): object {
  const { name, id, partOf } = field;
  const isMap = field instanceof protobuf.MapField;
  return {
    name,
    number: id,
    label: isMap || field.repeated ? LABELS.repeated : LABELS.optional,
    ...(isMap ? { type: MESSAGE, typeName: `${field.parent?.fullName ?? ''}.${entryName(field)}` } : typeOf(field)),
    ...(partOf && { oneofIndex: oneofs.indexOf(partOf) }),
    ...(partOf && isSynthetic(partOf) && { proto3Optional: true }),
  };
}

function typeOf({ type, resolvedType }: protobuf.FieldBase): object {
  if (resolvedType === null) return { type: SCALARS[type] };
  return { type: resolvedType instanceof protobuf.Enum ? ENUM : MESSAGE, typeName: resolvedType.fullName };
}

/** `my_map` is a list of `MyMapEntry`. */
function entryName({ name }: protobuf.MapField): string {
  return `${name.replaceAll(/(?:^|_)(.)/g, (_all, letter: string) => letter.toUpperCase())}Entry`;
}

function toEntry(field: protobuf.MapField): object {
  const label = LABELS.optional;
  return {
    name: entryName(field),
    field: [
      { name: 'key', number: 1, label, type: SCALARS[field.keyType] },
      { name: 'value', number: 2, label, ...typeOf(field) },
    ],
    options: { mapEntry: true },
  };
}

function toEnum({ name, values }: protobuf.Enum): object {
  return { name, value: Object.entries(values).map(([each, number]) => ({ name: each, number })) };
}

function toService({ name, methodsArray }: protobuf.Service): object {
  return {
    name,
    method: methodsArray.map((method) => ({
      name: method.name,
      inputType: method.resolvedRequestType?.fullName,
      outputType: method.resolvedResponseType?.fullName,
      clientStreaming: method.requestStream === true,
      serverStreaming: method.responseStream === true,
    })),
  };
}
