/** Prices the two mistakes and finds the cheapest threshold for them. */
import { Button, Group, NumberInput, Popover, Stack, Text } from "@mantine/core";
import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import type { ScoredSample } from "@sightline/api/models";
import { count } from "../../components/format.js";
import { type Costs, cheapest, costOf, type Outcome } from "./threshold.js";

export interface CostChooserProps {
  scores: readonly ScoredSample[];
  outcome: Outcome;
  onChoose: (threshold: number) => void;
}

export function CostChooser({ scores, outcome, onChoose }: CostChooserProps) {
  const [isOpen, popover] = useDisclosure(false);
  const [costs, setCosts] = useLocalStorage<Costs>({
    key: "sightline.costs",
    defaultValue: { escape: 100, falseReject: 5 },
  });
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
