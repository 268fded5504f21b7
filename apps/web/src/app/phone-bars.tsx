/** On a phone: the brand above, the four most used places below. */
import { AppShell, Burger, Group } from "@mantine/core";
import { mdiDotsHorizontal } from "@mdi/js";
import { NavLink, useLocation } from "react-router";
import { Icon } from "../components/icon.js";
import logo from "./logo.svg";
import { isAt, places } from "./navigation.js";
import css from "./shell.module.css";
import { LiveState } from "./side-bar.js";

export function PhoneHeader({ isOpen, toggle }: { isOpen: boolean; toggle: () => void }) {
  return (
    <AppShell.Header hiddenFrom="md" px="md" bg="var(--surface)">
      <Group h="100%" justify="space-between" wrap="nowrap">
        <NavLink to="/" className={css.brand ?? ""}>
          <img src={logo} alt="" /> Sightline
        </NavLink>
        <Group gap={4} wrap="nowrap">
          <LiveState />
          <Burger opened={isOpen} onClick={toggle} size="sm" aria-label="Open the menu" />
        </Group>
      </Group>
    </AppShell.Header>
  );
}

export function PhoneBar({ openMore }: { openMore: () => void }) {
  const { pathname } = useLocation();
  return (
    <AppShell.Footer hiddenFrom="md" bg="var(--surface)">
      <nav className={css.phoneBar} aria-label="Most used places">
        {places
          .filter((place) => place.onPhoneBar)
          .map((place) => (
            <NavLink
              key={place.to}
              to={place.to}
              className={css.tab ?? ""}
              aria-current={isAt(place, pathname) ? "page" : undefined}
            >
              <Icon path={place.icon} size={22} />
              {place.title}
            </NavLink>
          ))}
        <button type="button" className={css.tab} onClick={openMore}>
          <Icon path={mdiDotsHorizontal} size={22} />
          More
        </button>
      </nav>
    </AppShell.Footer>
  );
}
