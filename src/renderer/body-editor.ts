import { history, historyKeymap, redo, selectAll, standardKeymap, undo } from '@codemirror/commands'
import { closeSearchPanel, findNext, findPrevious, openSearchPanel, search } from '@codemirror/search'
import { EditorState, type Extension, Transaction } from '@codemirror/state'
import { EditorView, type KeyBinding, keymap, placeholder } from '@codemirror/view'
import { MAX_BODY_LENGTH } from '../shared/notes/notes.ts'
import { textChange } from '../shared/notes/text-change.ts'
import { findPanel } from './find-panel.ts'
import { markdown } from './markdown.ts'

/** How many notes keep their caret and their undo history while others are shown. */
const KEPT_STATES = 10

const scope = 'editor search-panel'
const findKeymap: readonly KeyBinding[] = [
  { key: 'F3', run: findNext, shift: findPrevious, scope, preventDefault: true },
  { key: 'Mod-g', run: findNext, shift: findPrevious, scope, preventDefault: true },
  { key: 'Escape', run: closeSearchPanel, scope },
]

interface BodyEditorActions {
  /** The user has changed the text. */
  readonly changed: () => void
  /** The user's change would make the text this long, which is too long. The text stays as it was. */
  readonly tooLong: (length: number) => void
}

/** The text of a note. It draws only the visible part, so it is fast with long texts. */
export class BodyEditor {
  readonly #view: EditorView
  readonly #extensions: Extension
  /** The notes that were shown last, the newest at the end. */
  readonly #states = new Map<number, EditorState>()
  #id: number | undefined

  constructor(parent: HTMLElement, { changed, tooLong }: BodyEditorActions) {
    this.#extensions = [
      // Tab is not among the keys. It moves the focus, so that a keyboard can leave the text.
      keymap.of([...findKeymap, ...historyKeymap, ...standardKeymap]),
      history(),
      search({ top: true, createPanel: findPanel, literal: true }),
      placeholder('Write something…'),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': 'Text' }),
      EditorView.cspNonce.of(document.querySelector<HTMLElement>('[property="csp-nonce"]')?.nonce ?? ''),
      EditorView.updateListener.of(({ transactions }) => {
        if (transactions.some((transaction) => transaction.docChanged && !isExternal(transaction))) changed()
      }),
      EditorState.transactionFilter.of((transaction) => {
        const { length, newLength } = transaction.changes
        if (newLength <= MAX_BODY_LENGTH || newLength <= length) return transaction
        tooLong(newLength)
        return []
      }),
    ]
    this.#view = new EditorView({ parent })
  }

  /** The number of characters. Unlike {@link text}, it costs nothing. */
  get length(): number {
    return this.#view.state.doc.length
  }

  get text(): string {
    return this.#view.state.doc.toString()
  }

  get isFocused(): boolean {
    return document.activeElement === this.#view.contentDOM
  }

  focus(): void {
    this.#view.focus()
  }

  /** Shows the text of a note. A note that was shown before has its caret and its undo history again. */
  open(id: number | undefined, text: string): void {
    this.#keepState()
    this.#id = id
    const kept = id === undefined ? undefined : this.#states.get(id)
    const state = EditorState.create({ doc: text, extensions: [this.#extensions, markdown(text.length)] })
    this.#view.setState(kept?.doc.eq(state.doc) ? kept : state)
    this.#view.dispatch({ effects: EditorView.scrollIntoView(this.#view.state.selection.main.head) })
  }

  /** Replaces the text with what another process or an import has made of it. The caret stays where it is. */
  replace(text: string): void {
    const changes = textChange(this.text, text)
    if (changes) this.#view.dispatch({ changes, annotations: Transaction.addToHistory.of(false) })
  }

  undo(): void {
    undo(this.#view)
  }

  redo(): void {
    redo(this.#view)
  }

  selectAll(): void {
    selectAll(this.#view)
  }

  /** Shows the field that finds words in the text. */
  find(): void {
    openSearchPanel(this.#view)
  }

  #keepState(): void {
    if (this.#id === undefined) return
    this.#states.delete(this.#id)
    this.#states.set(this.#id, this.#view.state)
    const [oldest] = this.#states.keys()
    if (this.#states.size > KEPT_STATES && oldest !== undefined) this.#states.delete(oldest)
  }
}

function isExternal(transaction: Transaction): boolean {
  return transaction.annotation(Transaction.addToHistory) === false
}
