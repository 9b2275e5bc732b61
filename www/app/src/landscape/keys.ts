/** The keys of a transport and of the figure's table twin, the same for every subject. */
import { useKeys } from "../shell/keyboard.svelte.ts";
import type { Player } from "./player.svelte.ts";

/** Call during component initialisation. */
export function useTransportKeys(active: () => boolean, player: Player, twin: () => void): void {
  useKeys("land.keys", active, [
    { key: " ", written: "key.space", does: "transport.toggle", run: () => { player.toggle(); } },
    { key: ".", does: "transport.step", run: () => { player.go(player.step + 1); } },
    { key: ",", does: "transport.back", run: () => { player.go(player.step - 1); } },
    { key: "Home", does: "transport.first", run: () => { player.go(0); } },
    { key: "End", does: "transport.last", run: () => { player.go(player.steps()); } },
    { key: "r", does: "transport.restart", run: () => { player.restart(); } },
    { key: "t", does: "table.twin", run: twin },
  ]);
}
