/** Names a further kind: a kind of defect, or a class. */
import { Button, Popover, Stack, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { mdiTagPlusOutline } from "@mdi/js";
import { Label } from "@sightline/api/words";
import { type FormEvent, useState } from "react";
import { Icon } from "../../components/icon.js";

export interface AddLabelProps {
  aim: "defects" | "classes" | "labels";
  taken: readonly string[];
  onAdd: (label: string) => void;
}

export function AddLabel({ aim, taken, onAdd }: AddLabelProps) {
  const [isOpen, popover] = useDisclosure(false);
  const [text, setText] = useState("");
  const label = text.trim();
  const what = { defects: "kind of defect", classes: "class", labels: "label" }[aim];
  const problem = taken.some((one) => one.toLowerCase() === label.toLowerCase())
    ? "It is already there."
    : label !== "" && !Label.safeParse(label).success
      ? "At most 64 characters, without / and \\."
      : undefined;
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (label === "" || problem !== undefined) return;
    onAdd(label);
    setText("");
    popover.close();
  };
  return (
    <Popover opened={isOpen} onChange={popover.toggle} trapFocus withArrow position="bottom-end">
      <Popover.Target>
        <Button
          variant="default"
          size={aim === "labels" ? "xs" : "sm"}
          leftSection={<Icon path={mdiTagPlusOutline} size={18} />}
          onClick={popover.toggle}
        >
          Name a {what}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={add}>
          <Stack gap="sm">
            <TextInput
              label={`Name of the ${what}`}
              placeholder={aim === "defects" ? "scratch" : "screw"}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              error={problem}
              data-autofocus
            />
            <Button type="submit" size="sm">
              Add it
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
