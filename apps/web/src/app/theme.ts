/** Colours, type and spacing of every page: Mantine's theme with Sightline's palette. */
import { createTheme, type MantineColorsTuple } from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#eff8f8",
  "#e0f0f1",
  "#a6d5d7",
  "#74bec2",
  "#4babb0",
  "#2f9ea4",
  "#16868c",
  "#0d6e74",
  "#075b61",
  "#00474c",
];

/** Verdict colours differ in lightness as well as in hue, and always come with an icon and a word. */
const good: MantineColorsTuple = [
  "#e6f7f0",
  "#d0ecdf",
  "#a2d8bf",
  "#70c39d",
  "#48b180",
  "#2ca66e",
  "#188a57",
  "#107349",
  "#075e3a",
  "#00492b",
];
const defect: MantineColorsTuple = [
  "#fff4ef",
  "#fde8df",
  "#f5bba5",
  "#ee9674",
  "#e8774c",
  "#e56333",
  "#cf4a18",
  "#b43e12",
  "#96330d",
  "#792706",
];

const slate: MantineColorsTuple = [
  "#dfe5e9",
  "#c3cbd1",
  "#a9b4bc",
  "#8494a0",
  "#40505b",
  "#303c45",
  "#202930",
  "#171e24",
  "#151c21",
  "#0f1418",
];

const gray: MantineColorsTuple = [
  "#f6f8f9",
  "#eff2f4",
  "#e4e9ec",
  "#d5dce1",
  "#bfc9d0",
  "#97a4ad",
  "#63717b",
  "#49565f",
  "#2f3b43",
  "#1a2329",
];

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol, good, defect, dark: slate, gray },
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: {
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.625rem", lineHeight: "1.25" },
      h2: { fontSize: "1.125rem", lineHeight: "1.35" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "8px", lg: "12px", xl: "20px" },
  cursorType: "pointer",
  respectReducedMotion: true,
  autoContrast: true,
  components: {
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, multiline: true, maw: 320 } },
    Modal: { defaultProps: { centered: true, radius: "lg", overlayProps: { blur: 2, backgroundOpacity: 0.45 } } },
    Badge: { defaultProps: { tt: "none", fw: 600 } },
    Button: { defaultProps: { radius: "md" } },
    Table: { defaultProps: { verticalSpacing: "sm", horizontalSpacing: 20 } },
  },
});
