import { startRecordingServer, type RecordingServer } from './recording-server.js';

/** A span as a collector reads it. */
export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly startedAt: bigint;
  readonly endedAt: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly hasFailed: boolean;
  readonly service: unknown;
  /** As `tracestate` has it. */
  readonly state: string | undefined;
}

interface OtlpAttribute {
  key: string;
  value: Record<string, unknown>;
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: OtlpAttribute[];
  status: { code?: number };
  traceState?: string;
}

interface OtlpBody {
  resourceSpans: { resource: { attributes: OtlpAttribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

const FAILED = 2;

/** A collector that speaks OTLP in JSON over HTTP. */
export class Collector {
  private constructor(private readonly server: RecordingServer) {}

  static async start(): Promise<Collector> {
    return new Collector(
      await startRecordingServer((_call, response) => response.setHeader('content-type', 'application/json').end('{}')),
    );
  }

  get url(): string {
    return this.server.url;
  }

  /** All that was ever sent, as text. */
  get text(): string {
    return this.server.calls.map(({ body }) => body).join('\n');
  }

  get spans(): SeenSpan[] {
    return this.server.calls
      .filter(({ url }) => url === '/v1/traces')
      .flatMap(({ body }) => (JSON.parse(body) as OtlpBody).resourceSpans)
      .flatMap(({ resource, scopeSpans }) => {
        const service = values(resource.attributes)['service.name'];
        return scopeSpans.flatMap(({ spans }) => spans.map((span) => toSeen(span, service)));
      });
  }
}

function toSeen(span: OtlpSpan, service: unknown): SeenSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId === '' ? undefined : span.parentSpanId,
    name: span.name,
    kind: span.kind,
    startedAt: BigInt(span.startTimeUnixNano),
    endedAt: BigInt(span.endTimeUnixNano),
    attributes: values(span.attributes),
    hasFailed: span.status.code === FAILED,
    service,
    state: span.traceState,
  };
}

function values(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
