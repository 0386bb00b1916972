/** A colour on paper and on a dark screen. */
interface Shade {
  readonly light: string;
  readonly dark: string;
}

/**
 * The colours of the report: inks, and Okabe and Ito's set (2008), which stays apart for every kind of colour vision. Figures are drawn
 * in the light shades; the style sheet swaps them on a dark screen, so each light shade has to be used for one role only.
 */
export const PALETTE = {
  page: { light: '#ffffff', dark: '#16181b' },
  ink: { light: '#1c1d1f', dark: '#e9e7e2' },
  faint: { light: '#5d6066', dark: '#a2a6ad' },
  rule: { light: '#dcdfe3', dark: '#3a3e44' },
  panel: { light: '#f5f6f7', dark: '#1f2226' },
  strategy: { light: '#0072b2', dark: '#56b4e9' },
  holding: { light: '#e69f00', dark: '#f0b32e' },
  gain: { light: '#009e73', dark: '#2bbf94' },
  loss: { light: '#d55e00', dark: '#f0803c' },
  violet: { light: '#cc79a7', dark: '#e3a3c6' },
  sky: { light: '#56b4e9', dark: '#8fd0f5' },
  actual: { light: '#8a8d93', dark: '#898d94' },
} as const satisfies Record<string, Shade>;

/** The drawn colour of a role. */
export function drawn(role: keyof typeof PALETTE): string {
  return PALETTE[role].light;
}

/** CSS custom properties, one for each role, and the swap of drawn colours inside figures on a dark screen. */
export function paletteCss(): string {
  const roles = Object.entries(PALETTE);
  const properties = (shade: keyof Shade) => roles.map(([role, colour]) => `--${role}:${colour[shade]}`).join(';');
  const swaps = roles.map(
    ([role, colour]) => `figure [fill="${colour.light}"]{fill:var(--${role})}figure [stroke="${colour.light}"]{stroke:var(--${role})}`,
  );
  return `:root{color-scheme:light dark;${properties('light')}}
@media screen and (prefers-color-scheme:dark){:root{${properties('dark')}}}
${swaps.join('\n')}`;
}
