/** Takes pictures by drag and drop (files and folders), file dialog, folder dialog, or a phone's camera. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { mdiCamera, mdiFolderOpenOutline, mdiImagePlusOutline } from "@mdi/js";
import { type DragEvent, type ReactNode, useId, useRef, useState } from "react";
import css from "./drop-zone.module.css";
import { type FoundFiles, filesOfDrop, sortOut } from "./dropped-files.js";
import { Icon } from "./icon.js";

export interface DropZoneProps {
  title: string;
  /** What the buttons are for, in their accessible names; the title if nothing else is said. */
  subject?: string;
  note?: ReactNode;
  onFiles: (found: FoundFiles) => void;
  /** A reason why nothing can be dropped now. */
  disabled?: string | undefined;
  withFolder?: boolean;
}

export function DropZone({ title, subject = title, note, onFiles, disabled, withFolder = true }: DropZoneProps) {
  const [isOver, setOver] = useState(false);
  const depth = useRef(0);
  const labelId = useId();
  const hasCamera = useMediaQuery("(pointer: coarse)");
  const enter = (change: number) => (event: DragEvent) => {
    event.preventDefault();
    depth.current += change;
    setOver(depth.current > 0);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    if (disabled === undefined) void filesOfDrop(event.dataTransfer).then(onFiles);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping has no keyboard form; the buttons inside do the same
    <div
      className={css.zone}
      data-over={isOver || undefined}
      onDragEnter={enter(1)}
      onDragLeave={enter(-1)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      <Stack align="center" gap={6} ta="center">
        <Text fw={600} id={labelId}>
          {title}
        </Text>
        <Text size="sm" c="dimmed" maw={380}>
          {disabled ?? note ?? "Drop JPEG or PNG files or whole folders here."}
        </Text>
        <Group gap="xs" justify="center" mt={6}>
          <PickButton
            icon={mdiImagePlusOutline}
            text="Choose files"
            label={subject}
            onFiles={onFiles}
            disabled={disabled}
          />
          {withFolder && !hasCamera && (
            <PickButton
              icon={mdiFolderOpenOutline}
              text="Choose a folder"
              label={subject}
              onFiles={onFiles}
              disabled={disabled}
              folder
            />
          )}
          {hasCamera && (
            <PickButton
              icon={mdiCamera}
              text="Take a picture"
              label={subject}
              onFiles={onFiles}
              disabled={disabled}
              capture
            />
          )}
        </Group>
      </Stack>
    </div>
  );
}

interface PickButtonProps {
  icon: string;
  text: string;
  label: string;
  onFiles: (found: FoundFiles) => void;
  disabled: string | undefined;
  folder?: boolean;
  capture?: boolean;
}

function PickButton({ icon, text, label, onFiles, disabled, folder, capture }: PickButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept="image/jpeg,image/png"
        aria-label={`${label}: ${text}`}
        {...(folder ? { webkitdirectory: "" } : {})}
        {...(capture ? { capture: "environment" as const } : {})}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          if (files.length > 0) onFiles(sortOut(files));
        }}
      />
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon path={icon} size={17} />}
        disabled={disabled !== undefined}
        onClick={() => input.current?.click()}
        aria-label={`${label}: ${text}`}
      >
        {text}
      </Button>
    </>
  );
}
