import { createTheme, type CSSVariablesResolver } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  defaultRadius: 'sm',
  cursorType: 'pointer',
  components: {
    Table: { defaultProps: { highlightOnHover: true, verticalSpacing: 'xs' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 200 } },
    Modal: { defaultProps: { centered: true } },
  },
});

/** The library's greys, reds and links are too faint for WCAG AA on their grounds. */
export const colors: CSSVariablesResolver = ({ colors: { gray, dark, red, yellow, green, indigo } }) => ({
  variables: {},
  light: {
    '--mantine-color-green-light-color': '#1b6b2c',
    '--mantine-color-yellow-light-color': '#7a4a00',
    '--mantine-color-dimmed': gray[7],
    '--mantine-color-placeholder': gray[7],
    '--mantine-color-error': red[9],
    '--mantine-color-anchor': indigo[8],
  },
  dark: {
    // The library's grounds of alerts and of the place one is at are too loud beside the rest.
    '--mantine-color-red-light': 'color-mix(in srgb, var(--bad) 14%, var(--card))',
    '--mantine-color-red-light-color': red[3],
    '--mantine-color-yellow-light': 'color-mix(in srgb, var(--waiting) 14%, var(--card))',
    '--mantine-color-yellow-light-color': yellow[3],
    '--mantine-color-green-light': 'color-mix(in srgb, var(--good) 14%, var(--card))',
    '--mantine-color-green-light-color': green[3],
    '--mantine-color-indigo-light': 'color-mix(in srgb, #748ffc 20%, transparent)',
    '--mantine-color-indigo-light-color': indigo[1],
    '--mantine-color-dimmed': dark[1],
    '--mantine-color-placeholder': dark[1],
    '--mantine-color-error': red[4],
    '--mantine-color-anchor': indigo[3],
  },
});
