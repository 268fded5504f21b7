/** Prices the two mistakes and finds the cheapest threshold for them. */
import { Button, Group, NumberInput, Popover, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ScoredSample } from "@sightline/api/models";
import { useState } from "react";
import { count } from "../../components/format.js";
import { type Costs, costOf } from "../../components/mistake-costs.js";
import { cheapest, type Outcome } from "./threshold.js";

export interface CostChooserProps {
  scores: readonly ScoredSample[];
  outcome: Outcome;
  /** What the project says they cost; tried here with others, and changed on the analytics page. */
  kept: Costs | null;
  onChoose: (threshold: number) => void;
}

const usual: Costs = { escape: 100, falseReject: 5 };

export function CostChooser({ scores, outcome, kept, onChoose }: CostChooserProps) {
  const [isOpen, popover] = useDisclosure(false);
  const [costs, setCosts] = useState(kept ?? usual);
  const field = (name: keyof Costs, label: string, description: string) => (
    <NumberInput
      label={label}
      description={description}
      value={costs[name]}
      min={0}
      onChange={(value) => setCosts({ ...costs, [name]: Math.max(0, Number(value) || 0) })}
    />
  );
  return (
    <Popover opened={isOpen} onChange={popover.toggle} withArrow trapFocus width={280}>
      <Popover.Target>
        <Button size="xs" variant="default" onClick={popover.toggle}>
          Lowest cost…
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          {field("escape", "Cost of an escape", "A defect reaches the customer")}
          {field("falseReject", "Cost of a false reject", "A good part is thrown away")}
          <Group justify="space-between">
            <Text size="xs" c="dimmed">
              On these pictures now: {count(costOf(outcome, costs))}
            </Text>
            <Button size="xs" onClick={() => onChoose(cheapest(scores, costs))}>
              Find it
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
