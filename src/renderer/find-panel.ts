import {
  closeSearchPanel,
  findNext,
  findPrevious,
  getSearchQuery,
  SearchQuery,
  setSearchQuery,
} from '@codemirror/search'
import { type EditorView, type Panel, runScopeHandlers } from '@codemirror/view'
import { byId } from './elements.ts'

/** The field above a note that finds words in it. */
export function findPanel(view: EditorView): Panel {
  const dom = byId('find-template', HTMLTemplateElement).content.firstElementChild?.cloneNode(true)
  if (!(dom instanceof HTMLElement)) throw new TypeError('The page has no find panel.')
  const part = <Kind extends HTMLElement>(name: string, kind: new () => Kind): Kind => {
    const element = dom.querySelector(`[name="${name}"]`)
    if (!(element instanceof kind)) throw new TypeError(`The find panel has no part ${name}.`)
    return element
  }
  const field = part('find', HTMLInputElement)
  const result = part('result', HTMLOutputElement)
  field.value = getSearchQuery(view.state).search
  const find = (command: (view: EditorView) => boolean) => {
    result.value = field.value === '' || command(view) ? '' : 'No matches'
  }

  field.addEventListener('input', () => {
    result.value = ''
    view.dispatch({ effects: setSearchQuery.of(new SearchQuery({ search: field.value, literal: true })) })
  })
  part('previous', HTMLButtonElement).addEventListener('click', () => find(findPrevious))
  part('next', HTMLButtonElement).addEventListener('click', () => find(findNext))
  part('close', HTMLButtonElement).addEventListener('click', () => closeSearchPanel(view))
  dom.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target === field) find(event.shiftKey ? findPrevious : findNext)
    else if (!runScopeHandlers(view, event, 'search-panel')) return
    event.preventDefault()
  })
  return {
    dom,
    top: true,
    mount: () => field.select(),
    update: ({ state, transactions }) => {
      const isNew = transactions.some(({ effects }) => effects.some((effect) => effect.is(setSearchQuery)))
      const { search } = getSearchQuery(state)
      // An unchanged value must not move the caret.
      if (isNew && search !== field.value) field.value = search
    },
  }
}
