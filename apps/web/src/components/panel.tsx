/** A white sheet with a heading: what pages are built of. */
import { Box, Group, Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

export interface PanelProps {
  title?: ReactNode;
  note?: ReactNode;
  /** Buttons or choices at the right of the heading. */
  side?: ReactNode;
  children: ReactNode;
  /** For tables that reach the sheet's edges. */
  flush?: boolean;
}

export function Panel({ title, note, side, children, flush }: PanelProps) {
  return (
    <Paper
      component="section"
      radius="lg"
      bg="var(--surface)"
      style={{ border: "1px solid var(--edge)", overflow: "hidden" }}
    >
      {(title !== undefined || side !== undefined) && (
        <Group justify="space-between" align="flex-start" gap="sm" px={20} pt={16} pb={flush ? 12 : 4}>
          <div style={{ flex: "1 1 180px", minWidth: 0 }}>
            {title !== undefined && <Title order={2}>{title}</Title>}
            {note !== undefined && (
              <Text size="sm" c="dimmed" mt={2}>
                {note}
              </Text>
            )}
          </div>
          {side}
        </Group>
      )}
      {flush ? (
        children
      ) : (
        <Box px={20} pt={12} pb={20}>
          {children}
        </Box>
      )}
    </Paper>
  );
}
