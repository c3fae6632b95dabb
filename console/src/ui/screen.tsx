import { type ReactNode, useEffect } from "react";

/** One screen: its title on the page and in the tab. */
export const Screen = ({
  title,
  lead,
  actions,
  children,
}: {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) => {
  useEffect(() => {
    document.title = `${title} · Perch`;
  }, [title]);
  return (
    <>
      <div className="screen-head">
        <div>
          <h1 dir="auto">{title}</h1>
          {lead}
        </div>
        {actions !== undefined && <div className="screen-actions">{actions}</div>}
      </div>
      {children}
    </>
  );
};
