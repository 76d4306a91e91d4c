import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme, VisuallyHidden } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { ChartProps, Series } from './chart';
import { useI18n, type Language, type Translate } from '../i18n/i18n';
import { exactTime, LOCALES, useZone } from './time';

const HEIGHT = 170;

export default function Plot(props: ChartProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const zone = useZone();
  const { t, language } = useI18n();
  const { label, times, series, format } = props;
  const content = JSON.stringify([times, series, scheme, zone, language, props.span]);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const plot = new uPlot(optionsOf(props, element, { t, language, zone }), dataOf(props), element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
    // What is drawn is all in `content`.
  }, [content]);
  return (
    <figure style={{ margin: 0 }}>
      <div ref={place} className="chart" aria-hidden="true" />
      <VisuallyHidden>
        <table>
          <caption>{label}</caption>
          <tbody>
            {times.map((time, n) => (
              <tr key={time}>
                <th scope="row">{new Date(time * 1000).toISOString()}</th>
                {series.map(({ label: name, values }) => (
                  <td key={name}>
                    {name}: {values[n] === null || values[n] === undefined ? '–' : format(values[n])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </VisuallyHidden>
    </figure>
  );
}

function dataOf({ times, series }: ChartProps): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])];
}

interface Place {
  readonly t: Translate;
  readonly language: Language;
  readonly zone: string;
}

const DAY = 86_400;

function optionsOf(
  { series, format, range, span }: ChartProps,
  element: HTMLElement,
  { t, language, zone }: Place,
): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const clock = (step: number): ((seconds: number) => string) => {
    const style: Intl.DateTimeFormatOptions =
      step >= DAY ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
    const writer = new Intl.DateTimeFormat(LOCALES[language], { ...style, timeZone: zone });
    return (seconds) => writer.format(seconds * 1000);
  };
  const timeOf = (_plot: uPlot, seconds: number | null): string =>
    seconds === null ? '–' : exactTime(new Date(seconds * 1000).toISOString(), language, zone);
  const axis = { stroke: style.color, grid: { stroke: color('line'), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    cursor: { y: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: {
      x: { range: () => [...span] as [number, number] },
      y: { range: (_plot, _low, high) => [...(range ?? [0, high > 0 ? high * 1.1 : 1])] as [number, number] },
    },
    axes: [
      { ...axis, values: (_plot, times, _n, _space, step) => times.map(clock(step)) },
      { ...axis, size: 62, values: (_plot, values) => values.map(format) },
    ],
    series: [{ label: t('Time'), value: timeOf }, ...series.map((each) => seriesOf(each, color(each.tone), format))],
  };
}

function seriesOf({ label, isBar = false }: Series, color: string, format: (value: number) => string): uPlot.Series {
  return {
    label,
    stroke: color,
    width: isBar ? 0 : 2,
    ...(isBar && { fill: color, paths: uPlot.paths.bars?.({ size: [0.7, 40] }) }),
    points: { show: !isBar, size: 5 },
    value: (_plot, value: number | null) => (value === null ? '–' : format(value)),
  };
}
