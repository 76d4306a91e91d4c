import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ALL_SETTINGS } from '../../src/common/config/settings.js';
import { Metrics } from '../../src/common/metrics/metrics.js';
import { ROOT } from '../support/paths.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const FILES = 'docs/operations/files';
const GRACE_S = 25;
const isSetting = (name: string): boolean => name in ALL_SETTINGS;

interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** As Docker reads it: comments out, lines that end in a backslash go on. */
function instructions(text: string): Instruction[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  const joined = lines.join('\n').replaceAll(/\\\n/g, ' ').split('\n');
  return joined.flatMap((line) => {
    const match = /^([A-Z]+) +(.+)$/.exec(line.trim());
    return match === null ? [] : [{ name: match[1] ?? '', value: match[2] ?? '' }];
  });
}

describe('the Dockerfile', () => {
  const all = instructions(read('Dockerfile'));
  const last = all.slice(all.findLastIndex(({ name }) => name === 'FROM'));
  const valuesOf = (of: readonly Instruction[], name: string): string[] =>
    of.filter((each) => each.name === name).map(({ value }) => value);

  it('builds in one stage and runs in another, both on node:24-slim of whatever platform', () => {
    const stages = valuesOf(all, 'FROM');
    expect(stages).toEqual(['node:24-slim AS build', 'node:24-slim']);
    expect(read('Dockerfile')).not.toMatch(/--platform|amd64|x86_64/);
  });

  it('copies only what is there', () => {
    const sources = valuesOf(all, 'COPY')
      .filter((value) => !value.startsWith('--from'))
      .flatMap((value) => value.split(' ').slice(0, -1));
    expect(sources.length).toBeGreaterThan(4);
    expect(sources.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
    const { compilerOptions } = JSON.parse(read('tsconfig.json')) as { compilerOptions: { outDir: string } };
    expect(valuesOf(last, 'CMD')).toEqual([`["node", "${compilerOptions.outDir.replace('./', '')}/src/main.js"]`]);
  });

  it('runs without rights, keeps the data folder alone, is looked at by /health/live and stopped by SIGTERM', () => {
    expect(valuesOf(last, 'USER')).toEqual(['node']);
    expect(valuesOf(last, 'VOLUME')).toEqual(['/data']);
    expect(valuesOf(last, 'ENV').join()).toContain('MILLRACE_DATA=/data');
    expect(valuesOf(last, 'EXPOSE')).toEqual(['8003 50051']);
    expect(valuesOf(last, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(valuesOf(last, 'HEALTHCHECK').join()).toContain('/health/live');
    const order = last.map(({ name }) => name);
    expect(order.lastIndexOf('RUN')).toBeLessThan(order.indexOf('USER'));
  });
});

describe('compose.yaml', () => {
  interface Service {
    build?: string;
    image?: string;
    environment?: Record<string, string>;
    depends_on?: Record<string, { condition: string }>;
    healthcheck?: { test: string[] };
    deploy?: { replicas: number };
    init?: boolean;
    read_only?: boolean;
    tmpfs?: string[];
    stop_grace_period?: string;
    volumes?: string[];
  }
  const { services, volumes } = parse(read('compose.yaml')) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };

  it('has two replicas of Millrace with a read-only root, PostgreSQL and Redis', () => {
    expect(Object.keys(services)).toEqual(['millrace', 'postgres', 'redis']);
    const { millrace } = services;
    expect(millrace).toMatchObject({ build: '.', deploy: { replicas: 2 }, read_only: true, init: true });
    expect(millrace?.tmpfs?.map((each) => each.split(':')[0])).toEqual(['/tmp', '/data']);
    expect(Object.keys(millrace?.environment ?? {}).filter((name) => !isSetting(name))).toEqual([]);
    expect(parseInt(millrace?.stop_grace_period ?? '0')).toBeGreaterThan(GRACE_S);
  });

  it('waits for what is healthy, and names only volumes and services that are there', () => {
    for (const service of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(condition).toBe('service_healthy');
        expect(services[name]?.healthcheck?.test.length).toBeGreaterThan(0);
      }
      for (const volume of service.volumes ?? []) expect(volumes).toHaveProperty(volume.split(':')[0] ?? '');
    }
  });

  it('holds no secret: each must be set outside', () => {
    const text = read('compose.yaml');
    for (const name of ['POSTGRES_PASSWORD', 'SECRET_KEY', 'ADMIN_API_KEY']) expect(text).toContain(`\${${name}:?`);
  });
});

describe('the ECS task definition', () => {
  interface Named {
    name: string;
  }
  interface Container {
    user: string;
    readonlyRootFilesystem: boolean;
    stopTimeout: number;
    mountPoints: { sourceVolume: string; containerPath: string }[];
    environment: Named[];
    secrets: Named[];
    healthCheck: { command: string[] };
    portMappings: { containerPort: number }[];
  }
  const task = JSON.parse(read(`${FILES}/ecs-task-definition.json`)) as {
    volumes: Named[];
    networkMode: string;
    containerDefinitions: [Container];
  };
  const [container] = task.containerDefinitions;

  it('runs without rights on a read-only root, and writes to volumes that are there', () => {
    expect(task.networkMode).toBe('awsvpc');
    expect(container).toMatchObject({ user: '1000:1000', readonlyRootFilesystem: true });
    expect(container.mountPoints.map(({ containerPath }) => containerPath)).toEqual(['/data', '/tmp']);
    const volumes = task.volumes.map(({ name }) => name);
    expect(container.mountPoints.filter(({ sourceVolume }) => !volumes.includes(sourceVolume))).toEqual([]);
  });

  it('sets only settings, secrets from outside, and gives a replica the time to stop', () => {
    const names = [...container.environment, ...container.secrets].map(({ name }) => name);
    expect(names.filter((name) => !isSetting(name))).toEqual([]);
    const secret = names.filter((name) => ALL_SETTINGS[name]?.secret === true);
    expect(container.secrets.map(({ name }) => name)).toEqual(expect.arrayContaining(secret));
    expect(container.stopTimeout).toBeGreaterThan(GRACE_S);
    expect(container.healthCheck.command.join(' ')).toContain(
      `:${container.portMappings[0]?.containerPort ?? 0}/health/live`,
    );
  });
});

describe('the Kubernetes manifests', () => {
  const documents = parseAllDocuments(read(`${FILES}/kubernetes.yaml`)).map((each) => each.toJS());
  const of = (kind: string): any => documents.find((each) => each.kind === kind);
  const pod = of('Deployment').spec.template;
  const [container] = pod.spec.containers;

  it('are a Deployment, a Service and a PodDisruptionBudget that name the same pods', () => {
    expect(documents.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      'apps/v1 Deployment',
      'v1 Service',
      'policy/v1 PodDisruptionBudget',
    ]);
    const { labels } = pod.metadata;
    expect(of('Deployment').spec.selector.matchLabels).toEqual(labels);
    expect(of('Service').spec.selector).toEqual(labels);
    expect(of('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    expect(of('Service').spec.ports[0].targetPort).toBe(container.ports[0].name);
    expect(of('Deployment').spec.replicas).toBeGreaterThan(of('PodDisruptionBudget').spec.maxUnavailable);
  });

  it('probe health, run without rights on a read-only root, and give a replica the time to stop', () => {
    expect(container.livenessProbe.httpGet.path).toBe('/health/live');
    expect(container.startupProbe.httpGet.path).toBe('/health/live');
    expect(container.readinessProbe.httpGet.path).toBe('/health/ready');
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThan(GRACE_S);
    const mounts = (container.volumeMounts as { name: string; mountPath: string }[]).map(({ mountPath }) => mountPath);
    expect(mounts).toEqual(['/data', '/tmp']);
    const volumes = (pod.spec.volumes as { name: string }[]).map(({ name }) => name);
    expect(volumes).toEqual((container.volumeMounts as { name: string }[]).map(({ name }) => name));
  });

  it('set only settings; those that are secret come from a Secret', () => {
    const env = container.env as { name: string; value?: string }[];
    expect(env.map(({ name }) => name).filter((name) => !isSetting(name))).toEqual([]);
    expect(env.filter(({ name, value }) => ALL_SETTINGS[name]?.secret === true && value !== undefined)).toEqual([]);
  });
});

describe('the dashboard and the alerts', () => {
  const dashboard = JSON.parse(read(`${FILES}/grafana-dashboard.json`)) as {
    panels: { id: number; title: string; targets: { expr: string }[] }[];
  };
  const alerts = parse(read(`${FILES}/alerts.yaml`)) as {
    groups: { rules: { alert: string; expr: string; labels: object; annotations: { summary: string } }[] }[];
  };

  async function known(): Promise<Set<string>> {
    const metrics = new Metrics();
    const all = await metrics.registry.getMetricsAsJSON();
    metrics.onModuleDestroy();
    const isHistogram = (type: unknown): boolean => String(type) === 'histogram';
    return new Set(
      all.flatMap(({ name, type }) =>
        isHistogram(type) ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name],
      ),
    );
  }

  const metricsIn = (expr: string): string[] => expr.match(/\b(orchestrator|nodejs|process)_\w+/g) ?? [];

  it('name only metrics that there are', async () => {
    const names = await known();
    const expressions = [
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ];
    expect(expressions.length).toBeGreaterThan(25);
    for (const expr of expressions) expect(metricsIn(expr), expr).not.toEqual([]);
    expect(expressions.flatMap(metricsIn).filter((name) => !names.has(name))).toEqual([]);
  });

  it('show every metric of ours', async () => {
    const shown = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr)));
    const ours = [...(await known())].filter((name) => name.startsWith('orchestrator_'));
    const bases = new Set(shown.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    expect(
      [...new Set(ours.map((name) => name.replace(/_(bucket|sum|count)$/, '')))].filter((name) => !bases.has(name)),
    ).toEqual([]);
  });

  it('have panels and rules with a name each, and say what is wrong', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const rules = alerts.groups.flatMap((group) => group.rules);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { labels, annotations } of rules) {
      expect(labels).toHaveProperty('severity');
      expect(annotations.summary).not.toBe('');
    }
  });
});
