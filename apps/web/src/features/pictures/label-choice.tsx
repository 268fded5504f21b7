/** Labels as chips to choose from: one or several, with a way to name another. */
import { Chip, Group } from "@mantine/core";
import { colorOf } from "../../components/label-colors.js";
import { AddLabel } from "../projects/add-label.js";
import { titleOf } from "../projects/labels.js";
import css from "./label-choice.module.css";

export interface LabelChoiceProps {
  name: string;
  labels: readonly string[];
  chosen: readonly string[];
  onChoose: (chosen: readonly string[]) => void;
  /** Any number of them. */
  several?: boolean;
  /** With the boxes' colours and the keys 1 to 9. */
  forBoxes?: boolean;
  onAdd?: ((label: string) => void) | undefined;
  disabled?: boolean;
}

export function LabelChoice(props: LabelChoiceProps) {
  const { name, labels, chosen, onChoose, several = false, forBoxes = false, onAdd, disabled = false } = props;
  const toggle = (label: string) => {
    if (!several) return onChoose([label]);
    onChoose(chosen.includes(label) ? chosen.filter((one) => one !== label) : [...chosen, label]);
  };
  return (
    <Group gap={8} role={several ? "group" : "radiogroup"} aria-label={name}>
      {labels.map((label, index) => (
        <Chip
          key={label}
          type={several ? "checkbox" : "radio"}
          checked={chosen.includes(label)}
          onChange={() => toggle(label)}
          disabled={disabled}
          radius="sm"
          size="sm"
        >
          <span className={css.label}>
            {forBoxes && <span className={css.dot} style={{ background: colorOf(label, labels).line }} />}
            {forBoxes ? label : titleOf(label)}
            {forBoxes && index < 9 && <kbd className={css.key}>{index + 1}</kbd>}
          </span>
        </Chip>
      ))}
      {onAdd !== undefined && !disabled && <AddLabel aim="labels" taken={labels} onAdd={onAdd} />}
    </Group>
  );
}
