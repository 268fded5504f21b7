/** Buttons that know the role: disabled with the reason where the role may not, and asking first where nothing can be undone. */
import { Button, type ButtonProps, Group, Modal, Stack, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { RouteName } from "@sightline/api/routes";
import type { ReactNode } from "react";
import { useMay } from "../app/session.js";

export interface ActionButtonProps extends ButtonProps {
  route: RouteName;
  onClick: () => void;
  /** A reason besides the role why it can't be done now. */
  blocked?: string | undefined;
  type?: "button" | "submit";
  "aria-label"?: string;
}

export function ActionButton({ route, blocked, onClick, type = "button", ...rest }: ActionButtonProps) {
  const may = useMay(route);
  const reason = may.reason || blocked;
  return (
    <Tooltip label={reason} disabled={!reason}>
      <Button
        {...rest}
        type={type}
        onClick={(event) => {
          if (!reason) return onClick();
          event.preventDefault();
        }}
        {...(reason ? { "data-disabled": true, "aria-disabled": true, "aria-description": reason } : {})}
      />
    </Tooltip>
  );
}

export interface ConfirmButtonProps extends ActionButtonProps {
  question: string;
  /** What will be gone, in plain words. */
  consequence: ReactNode;
  confirm: string;
}

export function ConfirmButton({ question, consequence, confirm, onClick, ...rest }: ConfirmButtonProps) {
  const [isOpen, dialog] = useDisclosure(false);
  const act = () => {
    dialog.close();
    onClick();
  };
  return (
    <>
      <ActionButton {...rest} onClick={dialog.open} />
      <Modal opened={isOpen} onClose={dialog.close} title={<Text fw={620}>{question}</Text>}>
        <Stack>
          <Text component="div" size="sm" c="dimmed">
            {consequence}
          </Text>
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={dialog.close} data-autofocus>
              Cancel
            </Button>
            <Button color="defect" onClick={act}>
              {confirm}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
