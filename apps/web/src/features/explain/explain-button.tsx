/** Opens the explanation of one answer: which parts of the picture made the model say it. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { mdiLightbulbOnOutline } from "@mdi/js";
import { Icon } from "../../components/icon.js";
import { ExplainDialog, type ExplainDialogProps } from "./explain-dialog.js";

export interface ExplainButtonProps extends Omit<ExplainDialogProps, "close"> {
  size?: "xs" | "sm";
  fullWidth?: boolean;
}

export function ExplainButton({ size = "sm", fullWidth = false, ...dialog }: ExplainButtonProps) {
  const [isOpen, { open, close }] = useDisclosure();
  return (
    <>
      <Button
        variant="default"
        size={size}
        fullWidth={fullWidth}
        leftSection={<Icon path={mdiLightbulbOnOutline} size={16} />}
        onClick={open}
      >
        Explain
      </Button>
      {isOpen && <ExplainDialog {...dialog} close={close} />}
    </>
  );
}
