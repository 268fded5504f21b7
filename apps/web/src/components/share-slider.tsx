/** A share of 0 to 1 under a thumb, told in percent. */
import { Slider } from "@mantine/core";
import { percent } from "./format.js";

export interface ShareSliderProps {
  /** For those who do not see it. */
  name: string;
  value: number;
  onChange: (value: number) => void;
  step?: number;
  disabled?: boolean;
}

export function ShareSlider({ name, value, onChange, step = 0.05, disabled = false }: ShareSliderProps) {
  return (
    <Slider
      flex={1}
      min={0}
      max={1}
      step={step}
      disabled={disabled}
      value={value}
      onChange={onChange}
      label={percent}
      thumbLabel={name}
      thumbValueText={percent(value)}
    />
  );
}
