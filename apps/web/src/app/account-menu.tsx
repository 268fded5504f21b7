/** Who is signed in, with the colour scheme and the way out. */
import { Avatar, Group, Menu, Text, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { mdiLogoutVariant, mdiThemeLightDark, mdiWeatherNight, mdiWhiteBalanceSunny } from "@mdi/js";
import { useQueryClient } from "@tanstack/react-query";
import { Icon } from "../components/icon.js";
import { useChange } from "./api.js";
import { useMe } from "./session.js";

const schemes = [
  { value: "light", title: "Light", icon: mdiWhiteBalanceSunny },
  { value: "dark", title: "Dark", icon: mdiWeatherNight },
  { value: "auto", title: "Like the system", icon: mdiThemeLightDark },
] as const;

export function AccountMenu() {
  const me = useMe();
  const queries = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useChange("signOut", { onDone: () => void queries.resetQueries({ queryKey: ["getMe"] }) });
  return (
    <Menu position="top-start" width={216}>
      <Menu.Target>
        <UnstyledButton p={8} style={{ borderRadius: 8 }} aria-label={`Account of ${me.name}`}>
          <Group gap={10} wrap="nowrap">
            <Avatar size={32} radius="xl" color="petrol" name={me.name} />
            <div style={{ minWidth: 0 }}>
              <Text size="sm" fw={560} truncate>
                {me.name}
              </Text>
              <Text size="xs" c="dimmed">
                {me.role}
              </Text>
            </div>
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Appearance</Menu.Label>
        {schemes.map(({ value, title, icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon path={icon} size={18} />}
            onClick={() => setColorScheme(value)}
            {...(colorScheme === value ? { c: "petrol" } : {})}
            aria-current={colorScheme === value || undefined}
          >
            {title}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon path={mdiLogoutVariant} size={18} />} onClick={() => signOut.mutate({})}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
