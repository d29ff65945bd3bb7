/** The element of the page with this id. Throws if there is none of that kind. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new TypeError(`The page has no ${kind.name} with the id ${id}.`)
  return element
}

/** A button of the page. */
export function button(id: string, onClick: () => void): HTMLButtonElement {
  const element = byId(id, HTMLButtonElement)
  element.addEventListener('click', onClick)
  return element
}
