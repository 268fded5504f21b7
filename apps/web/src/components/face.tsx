/** What a view shows when it has nothing to show: an icon, what is the matter, the next step. */
import { Center, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "./icon.js";

export interface FaceProps {
  icon: string;
  title: string;
  children?: ReactNode;
  /** The next step: a button or a link. */
  action?: ReactNode;
  tone?: "calm" | "alert";
  /** Small faces stand inside panels. */
  compact?: boolean;
}

export function Face({ icon, title, children, action, tone = "calm", compact }: FaceProps) {
  return (
    <Center mih={compact ? 180 : "56dvh"} p="md" role={tone === "alert" ? "alert" : undefined}>
      <Stack align="center" gap={compact ? "xs" : "sm"} maw={460} ta="center">
        <ThemeIcon
          size={compact ? 44 : 60}
          radius="xl"
          variant="light"
          color={tone === "alert" ? "defect" : "petrol"}
          mb={compact ? 2 : 8}
        >
          <Icon path={icon} size={compact ? 24 : 32} />
        </ThemeIcon>
        <Title order={compact ? 3 : 1} {...(compact ? { fz: "md" } : {})}>
          {title}
        </Title>
        {children !== undefined && (
          <Text component="div" c="dimmed" size={compact ? "sm" : "md"}>
            {children}
          </Text>
        )}
        {action !== undefined && <div style={{ marginTop: 8 }}>{action}</div>}
      </Stack>
    </Center>
  );
}
