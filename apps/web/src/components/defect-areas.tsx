/** The kinds of defects that a model shows in a picture, each with its colour and its share of the picture. */
import { ColorSwatch, Group, Stack, Text } from "@mantine/core";
import type { AnomalyArea } from "@sightline/api/predictions";
import { percent } from "./format.js";

export function DefectAreas({ anomalies }: { anomalies: readonly AnomalyArea[] }) {
  const [, ...found] = anomalies;
  if (found.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No defect shows.
      </Text>
    );
  }
  return (
    <Stack gap={4} component="ul" p={0} m={0} style={{ listStyle: "none" }} aria-label="Defects">
      {found.map(({ label, colour, areaFraction }) => (
        <Group key={label} component="li" gap="xs" wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap" miw={0}>
            <ColorSwatch color={colour} size={14} withShadow={false} />
            <Text size="sm" truncate>
              {label}
            </Text>
          </Group>
          <Text size="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
            {percent(areaFraction)} of the picture
          </Text>
        </Group>
      ))}
    </Stack>
  );
}
