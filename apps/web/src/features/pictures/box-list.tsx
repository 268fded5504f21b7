/** The boxes of a picture as a list: to choose, to check, to remove; the same as on the picture, for eyes, keys and screen readers. */
import { ActionIcon, Text, UnstyledButton } from "@mantine/core";
import { mdiTrashCanOutline } from "@mdi/js";
import { useEffect, useRef } from "react";
import { Icon } from "../../components/icon.js";
import { colorOf } from "../../components/label-colors.js";
import type { BoxEditor } from "./box-editor.js";
import css from "./box-list.module.css";

export interface BoxListProps {
  editor: BoxEditor;
  /** Of the project. */
  labels: readonly string[];
  onChange: (editor: BoxEditor) => void;
  readOnly: boolean;
}

export function BoxList({ editor, labels, onChange, readOnly }: BoxListProps) {
  const { boxes, selected } = editor;
  const list = useRef<HTMLUListElement>(null);
  // What is chosen on the picture is seen in a long list, too.
  useEffect(() => {
    if (selected !== null) list.current?.children[selected]?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  if (boxes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {readOnly
          ? "Nothing was marked on this picture."
          : "Drag over each thing to be found. A picture without boxes teaches what is empty."}
      </Text>
    );
  }
  return (
    <ul ref={list} className={css.list} aria-label="Boxes">
      {boxes.map(({ label, x1, y1, x2, y2 }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: boxes have no names of their own; their place is their name
        <li key={index} className={css.row} data-chosen={selected === index || undefined}>
          <UnstyledButton
            className={css.choose}
            aria-pressed={selected === index}
            onClick={() => onChange(editor.select(index))}
          >
            <span className={css.dot} style={{ background: colorOf(label, labels).line }} />
            <Text span size="sm" fw={560} truncate>
              {label}
            </Text>
            <Text span size="xs" c="dimmed" className="figures">
              {Math.round(x2 - x1)} × {Math.round(y2 - y1)}
            </Text>
          </UnstyledButton>
          {!readOnly && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove box ${index + 1}, ${label}`}
              onClick={() => onChange(editor.remove(index))}
            >
              <Icon path={mdiTrashCanOutline} size={17} />
            </ActionIcon>
          )}
        </li>
      ))}
    </ul>
  );
}
