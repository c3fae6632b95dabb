/** A name that somebody chose: cut where it is long, and in the direction of its own script. */
export const PersonName = ({ name }: { readonly name: string | undefined }) => (
  <span className="name" dir="auto" title={name}>
    {name}
  </span>
);
