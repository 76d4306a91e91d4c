import { describe, expect, it } from 'vitest';
import { LONG_MS, useConsole } from '../support/console.js';
import { eventually } from '../support/eventually.js';
import { requireService } from '../support/services.js';

const COUNT = 10_000;

/** As if they had run, one each millisecond until now. `$1` the workflow. Ids are UUIDv7: they carry the time. */
const FILL = /* sql */ `
INSERT INTO execution (id, workflow_id, version, status, epoch, queued_at, start_time, end_time, trigger_type, input, output)
SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(tail, 1, 3) || 'a' || substr(tail, 4, 15))::uuid, $1, 1,
       CASE WHEN i % 20 = 0 THEN 'failed' ELSE 'completed' END, 1, at, at, at + interval '7 ms', 'webhook',
       json_build_object('n', i), '{"ok": true}'::json
FROM (SELECT i, md5(i::text) AS tail, ms, to_timestamp(ms / 1000.0) AS at
      FROM (SELECT i, (extract(epoch FROM now()) * 1000)::bigint - ($2::int - i) - 100 AS ms
            FROM generate_series(1, $2::int) AS i) AS times) AS made`;

describe.runIf(requireService('chromium'))('the list of executions', { timeout: LONG_MS }, () => {
  const console = useConsole();

  it('shows ten thousand as they are scrolled to, a few rows of them in the page, new ones on top', async () => {
    const workflow = await console.api.create('name: Busy\nsteps: [{id: a, type: log, config: {message: x}}]');
    await console.database.database.query(FILL, [workflow, COUNT]);
    const { page, complaints } = await console.open(`/executions?workflow_id=${workflow}`);
    const rows = page.getByRole('table', { name: 'Executions' });
    await rows.waitFor();
    // Down to the end in leaps: wherever one stops, rows fill the view.
    const gaps = await page.evaluate<number>(WALK_DOWN);
    expect(gaps).toBe(0);
    await page.getByText(`${COUNT} executions`).waitFor();
    expect(Number(await rows.getAttribute('aria-rowcount'))).toBe(COUNT + 1);
    expect(await page.locator('.row').count()).toBeLessThan(60);
    const { body } = await console.api.get(`/executions?workflow_id=${workflow}&limit=1`);
    await page.evaluate("document.querySelector('.rows').scrollTo(0, 0)");
    await page.locator(`[data-execution="${body.items[0].id}"]`).waitFor();
    // A new one comes to the top by itself.
    const started = await console.api.start(workflow);
    await page.locator(`[data-execution="${started}"] .status[data-status=completed]`).waitFor();
    await eventually(async () => expect(await page.getByText(`${COUNT + 1} executions`).count()).toBe(1));
    expect(complaints).toEqual([]);
  });
});

/** Scrolls to the end, ten views at a time. @returns how often no row was in the middle of the view. */
const WALK_DOWN = `(async () => {
  const rows = document.querySelector('.rows');
  const frame = () => new Promise((next) => requestAnimationFrame(next));
  let gaps = 0;
  for (;;) {
    rows.scrollBy(0, 10 * rows.clientHeight);
    await frame();
    await frame();
    const { left, top } = rows.getBoundingClientRect();
    const seen = document.elementFromPoint(left + 200, top + rows.clientHeight / 2);
    if (seen === null || seen.closest('.row') === null) gaps++;
    const isAtEnd = rows.scrollTop + rows.clientHeight >= rows.scrollHeight - 1;
    if (isAtEnd && Number(rows.getAttribute('aria-rowcount')) > ${COUNT}) return gaps;
  }
})()`;
