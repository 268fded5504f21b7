/** A filter: one of several values, or any. */
import { Select } from "@mantine/core";

export interface ChoiceProps {
  label: string;
  placeholder: string;
  value: string | undefined;
  onChange: (value: string | null) => void;
  data: { value: string; label: string }[];
}

export function Choice({ label, placeholder, value, onChange, data }: ChoiceProps) {
  // A value from the address that is in no list (a removed camera) still shows and can be cleared.
  const known = value === undefined || data.some((item) => item.value === value);
  const items = known ? data : [...data, { value, label: value }];
  return (
    <Select
      aria-label={label}
      placeholder={placeholder}
      value={value ?? null}
      onChange={(next) => onChange(typeof next === "string" ? next : null)}
      data={items}
      clearable
      searchable={items.length > 8}
      comboboxProps={{ width: "max-content", position: "bottom-start" }}
    />
  );
}
