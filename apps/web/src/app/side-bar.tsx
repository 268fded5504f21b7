/** The side bar: places, the state of live updates, who is signed in. On a phone it covers the page. */
import { AppShell, Burger, Group, ScrollArea, Stack, Text } from "@mantine/core";
import { NavLink, useLocation } from "react-router";
import { Icon } from "../components/icon.js";
import { AccountMenu } from "./account-menu.js";
import { useIsLive } from "./live.js";
import logo from "./logo.svg";
import { isAt, type Place, places } from "./navigation.js";
import { mayCall, useMe } from "./session.js";
import css from "./shell.module.css";

export function SideBar({ close }: { close: () => void }) {
  const me = useMe();
  return (
    <AppShell.Navbar p="md" className={css.sideBar} zIndex={210}>
      <Group justify="space-between" mb="lg" px={6}>
        <NavLink to="/" className={css.brand ?? ""} onClick={close}>
          <img src={logo} alt="" /> Sightline
        </NavLink>
        <Burger opened onClick={close} hiddenFrom="md" size="sm" aria-label="Close the menu" />
      </Group>
      <ScrollArea flex={1} type="never">
        <Stack component="nav" gap={2} aria-label="Places">
          {places
            .filter((place) => mayCall(place.needs, me.role).allowed)
            .map((place) => (
              <PlaceLink key={place.to} place={place} close={close} />
            ))}
        </Stack>
      </ScrollArea>
      <Stack gap="sm" pt="sm">
        <LiveState />
        <AccountMenu />
      </Stack>
    </AppShell.Navbar>
  );
}

function PlaceLink({ place, close }: { place: Place; close: () => void }) {
  const { pathname } = useLocation();
  const current = isAt(place, pathname);
  return (
    <NavLink to={place.to} className={css.link ?? ""} aria-current={current ? "page" : undefined} onClick={close}>
      <Icon path={place.icon} size={20} />
      {place.title}
    </NavLink>
  );
}

export function LiveState() {
  const isLive = useIsLive();
  return (
    <Group gap={10} px={12} role="status" wrap="nowrap">
      <span className={css.pulse} data-lost={isLive ? undefined : true} />
      <Text size="xs" c="dimmed">
        {isLive ? "Live" : "Reconnecting…"}
      </Text>
    </Group>
  );
}
