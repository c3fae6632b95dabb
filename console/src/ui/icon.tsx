const paths = {
  check: <path d="M4.5 8.5 7 11l4.5-5.5" />,
  cross: <path d="m5.5 5.5 5 5m0-5-5 5" />,
  pause: <path d="M6.5 5.5v5m3-5v5" />,
  clock: <path d="M8 5v3.2l2 1.3" />,
  again: <path d="M11 8a3 3 0 1 1-1-2.2M10.2 3.8v2.1H8.1" />,
  up: <path d="M8 11V5.5M5.5 7.7 8 5.2l2.5 2.5" />,
  slash: <path d="m5.2 10.8 5.6-5.6" />,
  dots: <path d="M5 8h.01M8 8h.01M11 8h.01" />,
  none: null,
} as const;

export type Sign = keyof typeof paths;

/** A sign in a ring, or in a filled disc, so that statuses differ by shape as well as by colour. */
export const SignMark = ({
  sign,
  isFilled = false,
}: {
  readonly sign: Sign;
  readonly isFilled?: boolean;
}) => (
  <svg className="sign" data-filled={isFilled || undefined} viewBox="0 0 16 16" aria-hidden="true">
    <circle cx="8" cy="8" r="6.75" />
    {paths[sign]}
  </svg>
);

const glyphs = {
  copy: "M5.5 5.5v-2a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2M3.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1Z",
  copied: "m3 8.5 3.2 3.2L13 4.5",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
  chevron: "m4.5 6.5 3.5 3.5 3.5-3.5",
  clear: "m4.5 4.5 7 7m0-7-7 7",
  back: "m9.5 4.5-3.5 3.5 3.5 3.5",
  out: "M6.5 3.5h-3v9h9v-3M9 2.5h4.5V7M13 3 7.5 8.5",
} as const;

export const Glyph = ({ name }: { readonly name: keyof typeof glyphs }) => (
  <svg className="glyph" viewBox="0 0 16 16" aria-hidden="true">
    <path d={glyphs[name]} />
  </svg>
);
