/** What a link and a token have in common: a name, a role, a lifetime. */
import { Select, SimpleGrid, TextInput } from "@mantine/core";
import type { GetInputPropsReturnType as InputProps } from "@mantine/form";
import { mayOf, type TokenRoleChoice } from "./roles.js";

interface Choice {
  value: string;
  label: string;
}

export interface RightFieldsProps {
  name: InputProps;
  role: InputProps;
  lifetime: InputProps;
  chosenRole: TokenRoleChoice;
  roles: readonly Choice[];
  lifetimes: readonly Choice[];
  example: string;
}

export function RightFields({ name, role, lifetime, chosenRole, roles, lifetimes, example }: RightFieldsProps) {
  return (
    <>
      <TextInput {...name} label="Name" placeholder={example} maxLength={120} autoComplete="off" />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <Select
          {...role}
          label="Role"
          description={mayOf(chosenRole)}
          inputWrapperOrder={["label", "input", "description", "error"]}
          data={roles.map(({ value, label }) => ({ value, label }))}
          allowDeselect={false}
        />
        <Select {...lifetime} label="Valid for" data={lifetimes} allowDeselect={false} />
      </SimpleGrid>
    </>
  );
}
