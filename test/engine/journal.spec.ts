import { Logger } from '@nestjs/common';
import { afterEach, expect, it, vi } from 'vitest';
import { startApp } from '../support/app.js';

afterEach(() => {
  vi.restoreAllMocks();
});

it('the server log tells how each execution ended, by the names of the log', async () => {
  const told = vi.spyOn(Logger.prototype, 'log');
  const warned = vi.spyOn(Logger.prototype, 'warn');
  const { api } = await startApp();
  const fine = await api.run('name: fine\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]');
  const bad = await api.run('name: bad\nsteps: [{id: a, type: set, config: {values: {x: "{{ input.none }}"}}}]');
  const common = { event: 'execution_ended', trigger_type: 'api', duration_ms: expect.any(Number) };
  expect(told).toHaveBeenCalledWith(
    expect.objectContaining({ ...common, execution_id: fine.id, workflow_id: fine.workflow_id, status: 'completed' }),
  );
  expect(warned).toHaveBeenCalledWith(
    expect.objectContaining({ ...common, execution_id: bad.id, status: 'failed', step_path: 'a' }),
  );
});

it('at `debug` it tells how each step ended, by the same names', async () => {
  const told = vi.spyOn(Logger.prototype, 'debug');
  const { api } = await startApp({ LOG_LEVEL: 'debug' });
  const { id, workflow_id } = await api.run('name: told\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]');
  expect(told).toHaveBeenCalledWith({
    message: 'step a (set) completed',
    event: 'step_ended',
    trigger_type: 'api',
    workflow_id,
    execution_id: id,
    step_path: 'a',
    attempt: 1,
    duration_ms: expect.any(Number),
    status: 'completed',
  });
});
