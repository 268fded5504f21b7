/** A line of text to copy: a command, a link, a secret. */
import { ActionIcon, CopyButton, Group, Text, Tooltip } from "@mantine/core";
import { mdiCheck, mdiContentCopy } from "@mdi/js";
import css from "./copy-line.module.css";
import { Icon } from "./icon.js";

export function CopyLine({ text, label }: { text: string; label?: string }) {
  return (
    <div className={css.frame}>
      {label !== undefined && (
        <Text size="xs" c="dimmed" fw={560} mb={4}>
          {label}
        </Text>
      )}
      <Group className={css.line} gap={4} wrap="nowrap" align="flex-start">
        <code className={css.text}>{text}</code>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? "Copied" : "Copy"}>
              <ActionIcon
                variant="subtle"
                color={copied ? "good" : "gray"}
                onClick={copy}
                aria-label={copied ? "Copied" : "Copy"}
              >
                <Icon path={copied ? mdiCheck : mdiContentCopy} size={18} />
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
    </div>
  );
}
