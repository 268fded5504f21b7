/** One figure with its name above and a word on it below. */
import { Paper, Skeleton, Text } from "@mantine/core";
import type { ReactNode } from "react";

export interface TileProps {
  title: string;
  /** `undefined` while it is being loaded. */
  value: ReactNode;
  note: ReactNode;
  /** Where many stand in a row. */
  isSmall?: boolean;
}

export function Tile({ title, value, note, isSmall = false }: TileProps) {
  return (
    <Paper
      bg="var(--surface)"
      radius="lg"
      px={isSmall ? 16 : { base: 14, sm: 20 }}
      py={isSmall ? 12 : { base: 12, sm: 16 }}
      style={{ border: "1px solid var(--edge)" }}
    >
      <Text size="sm" c="dimmed">
        {title}
      </Text>
      {value === undefined ? (
        <Skeleton height={isSmall ? 24 : 26} width={isSmall ? 70 : 90} my={isSmall ? 6 : 7} />
      ) : (
        <Text
          fz={isSmall ? { base: 22, sm: 24 } : { base: 24, sm: 28 }}
          fw={620}
          lh={1.3}
          className="figures"
          style={{ letterSpacing: "-0.02em" }}
        >
          {value}
        </Text>
      )}
      <Text size="xs" c="dimmed" lineClamp={1}>
        {note ?? " "}
      </Text>
    </Paper>
  );
}
