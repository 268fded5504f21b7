/** A page's heading: where one is, what the page is for, the main actions. Also sets the browser tab's title. */
import { Anchor, Group, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { mdiChevronLeft } from "@mdi/js";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { Icon } from "./icon.js";

export interface PageHeaderProps {
  title: string;
  /** Shown beside the title: a badge, a state. */
  mark?: ReactNode;
  note?: ReactNode;
  back?: { to: string; title: string } | undefined;
  children?: ReactNode;
}

export function PageHeader({ title, mark, note, back, children }: PageHeaderProps) {
  useDocumentTitle(`${title} · Sightline`);
  return (
    <header style={{ marginBottom: 20 }}>
      {back && (
        <Anchor
          component={Link}
          to={back.to}
          size="sm"
          c="dimmed"
          display="inline-flex"
          mb={6}
          ml={-4}
          style={{ alignItems: "center" }}
        >
          <Icon path={mdiChevronLeft} size={18} /> {back.title}
        </Anchor>
      )}
      <Group justify="space-between" align="flex-end" gap="md">
        <div style={{ flex: "1 1 240px", minWidth: 0 }}>
          <Group gap="sm">
            <Title order={1}>{title}</Title>
            {mark}
          </Group>
          {note !== undefined && (
            <Text c="dimmed" size="sm" mt={4} maw={720}>
              {note}
            </Text>
          )}
        </div>
        <Group gap="sm" w={{ base: "100%", sm: "auto" }} style={{ display: children ? undefined : "none" }}>
          {children}
        </Group>
      </Group>
    </header>
  );
}
