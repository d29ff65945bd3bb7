import type { NotesCommand, NotesEvent } from '../shared/notes/bridge.ts'
import { NotesError } from '../shared/notes/notes.ts'
import { bridge, unwrap } from './bridge.ts'
import { DamageNotice } from './damage-notice.ts'
import { Editor } from './editor.ts'
import { button, byId } from './elements.ts'
import { counted } from './format.ts'
import { ImportPanel } from './import-panel.ts'
import { NoteListView } from './note-list.ts'
import { StatusLine } from './status-line.ts'
import { Toast, type ToastAction } from './toast.ts'

const REFRESH_DELAY_MS = 120

const search = byId('search', HTMLInputElement)
const found = byId('found', HTMLElement)
const listEmpty = byId('list-empty', HTMLElement)
const toast = new Toast()
const damage = new DamageNotice()
const statusLine = new StatusLine()
const importPanel = new ImportPanel()
const editor = new Editor({
  leave: () => list.focus(),
  saveFailed: (error) => {
    list.selected = editor.id
    if (!damage.show(error))
      toast.show(`The note couldn’t be saved. Notes keeps trying. (${messageOf(error)})`)
  },
  refused: (reason) => toast.show(reason),
})
const list = new NoteListView({
  select: (id) => run(select(id)),
  edit: (id) => run(edit(id)),
  remove: (id) => run(removeNote(id)),
  changed: showCount,
  failed: explain,
})

/** The notes that the visible Undo brings back. */
let deleted: readonly number[] = []
let undo: ToastAction | undefined
let isRemoving = false
let isSearching = false
let refreshTimer = 0

/** Shows a message if the work fails. */
function run(work: Promise<unknown>): void {
  work.catch(explain)
}

function explain(error: unknown): void {
  if (!damage.show(error)) toast.show(messageOf(error))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function refreshSoon(): void {
  if (refreshTimer !== 0) return
  refreshTimer = window.setTimeout(() => {
    refreshTimer = 0
    run(refresh())
  }, REFRESH_DELAY_MS)
}

async function refresh(): Promise<void> {
  await Promise.all([list.refresh(search.value), statusLine.refresh()])
}

function showCount(query: string, total: number): void {
  const searching = query.trim() !== ''
  found.textContent = searching && total > 0 ? counted(total, 'note') : ''
  showEmptyList(total === 0, searching ? query.trim() : undefined)
}

function showEmptyList(empty: boolean, query: string | undefined): void {
  byId('list', HTMLElement).hidden = empty
  listEmpty.hidden = !empty
  listEmpty.classList.toggle('searching', query !== undefined)
  byId('list-empty-title', HTMLElement).textContent =
    query === undefined ? 'No notes yet' : `No notes found for “${query}”`
  byId('list-empty-hint', HTMLElement).textContent =
    query === undefined
      ? 'Write your first note, or import a folder of text files.'
      : 'Try fewer or shorter words.'
}

async function select(id: number | undefined): Promise<void> {
  if (await editor.open(id)) list.selected = id
}

async function edit(id: number): Promise<void> {
  if (id === editor.id) return editor.focus()
  // The chosen note opens only after the previous one is saved.
  await select(id)
  if (editor.id === id) editor.focus()
}

async function show(id: number): Promise<void> {
  await refresh()
  await select(id)
  await list.reveal(editor.id)
}

/** Opens the note that was open when the window was closed, if there still is one. */
async function openLastNote(): Promise<void> {
  const id = await unwrap(bridge.lastNote())
  if (id === null || editor.id !== undefined) return
  try {
    await select(id)
  } catch (error) {
    if (!(error instanceof NotesError && error.code === 'not-found')) throw error
  }
  if (editor.id === id) await list.reveal(id)
}

async function newNote(): Promise<void> {
  clearSearch()
  if (editor.isBlank || !(await editor.openNew())) return editor.focus()
  // The list comes later, because the user may type already.
  editor.focus()
  await refresh()
  await list.reveal(editor.id)
}

async function removeNote(id: number | undefined): Promise<void> {
  // A key that is held down comes again before the next note is open.
  if (id === undefined || isRemoving) return
  isRemoving = true
  try {
    await select(id)
    if (editor.id !== id || !(await editor.flush())) return
    const neighbor = list.neighborOf(id)
    await unwrap(bridge.remove(id))
    await select(neighbor)
  } finally {
    isRemoving = false
  }
  list.focus()
  deleted = undo !== undefined && toast.action === undo ? [...deleted, id] : [id]
  undo = { label: 'Undo', run: () => run(restoreNotes(deleted)) }
  toast.show(deleted.length === 1 ? 'Note deleted' : `${deleted.length} notes deleted`, undo)
}

async function restoreNotes(ids: readonly number[]): Promise<void> {
  for (const id of ids) await unwrap(bridge.restore(id))
  await refresh()
  await select(ids.at(-1))
  await list.reveal(editor.id)
  list.focus()
}

async function importFolder(): Promise<void> {
  await editor.flush()
  await importPanel.importFolder()
}

/** Whether something from outside the app is dragged over the window. */
function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false
}

async function importFiles(files: readonly File[]): Promise<void> {
  await editor.flush()
  await unwrap(bridge.importFiles(files))
}

async function goToFirst(): Promise<void> {
  await refresh()
  list.selectFirst()
  list.focus()
}

function clearSearch(): void {
  if (search.value === '') return
  search.value = ''
  onSearch()
}

function onSearch(): void {
  list.reset()
  run(searchNow())
}

/** Reads the matches. If more was typed meanwhile, only the last search follows. */
async function searchNow(): Promise<void> {
  if (isSearching) return
  isSearching = true
  try {
    let query: string
    do {
      query = search.value
      await list.refresh(query)
    } while (query !== search.value)
  } finally {
    isSearching = false
  }
}

const commands: Record<NotesCommand, () => void> = {
  new: () => run(newNote()),
  import: () => run(importFolder()),
  delete: () => run(removeNote(editor.id)),
  undo: () => {
    if (isInText(document.activeElement)) editor.undo()
    else toast.act()
  },
  redo: () => editor.redo(),
  selectAll: () => editor.selectAll(),
  find: () => {
    if (editor.id === undefined) commands.search()
    else editor.find()
  },
  search: () => {
    search.focus()
    search.select()
  },
}

function isInText(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || (target instanceof HTMLElement && target.isContentEditable)
}

function onEvent(event: NotesEvent): void {
  switch (event.type) {
    case 'command':
      commands[event.command]()
      break
    case 'import-progress':
      importPanel.show(event.progress)
      break
    case 'import-failed':
      importPanel.hide()
      break
    case 'changed':
      refreshSoon()
      break
    case 'imported':
      toast.show(importPanel.finish(event.result))
      run(Promise.all([refresh(), editor.reload()]))
      break
    case 'select':
      clearSearch()
      run(show(event.id))
  }
}

search.addEventListener('input', onSearch)
search.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && search.value !== '') clearSearch()
  else if (event.key === 'Escape') list.focus()
  else if ((event.key === 'ArrowDown' || event.key === 'Enter') && !event.isComposing) run(goToFirst())
  else return
  event.preventDefault()
})
document.addEventListener('keydown', (event) => {
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === 'z'
  if (isUndo && !isInText(event.target) && toast.act()) event.preventDefault()
})

// Before the editor gets the event, which would insert the text of the file.
for (const type of ['dragover', 'drop'] as const)
  window.addEventListener(
    type,
    (event) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      event.stopPropagation()
      if (type === 'drop') run(importFiles([...(event.dataTransfer?.files ?? [])]))
    },
    { capture: true },
  )

const isMac = navigator.userAgent.includes('Mac')
const modifier = isMac ? '⌘' : 'Ctrl+'
const searchKey = isMac ? '⇧⌘F' : 'Ctrl+Shift+F'
search.title = `Search notes (${searchKey})`
button('new', commands.new).title = `New note (${modifier}N)`
button('import', commands.import).title = `Import folder (${modifier}O)`
button('delete', commands.delete)
button('empty-new', commands.new)
button('empty-import', commands.import)
byId('nothing-open-hint', HTMLElement).textContent =
  `${modifier}N starts a new note, ${searchKey} searches, and ${modifier}O imports a folder.`

/** Enables the page when the database is open. The window is visible before, and its input would be lost. */
async function start(): Promise<void> {
  // If the notes cannot be read, the page still says why, and offers what to do.
  await refresh().catch(explain)
  document.body.inert = false
  bridge.connect({ onEvent, flush: () => editor.close() })
  list.focus()
  await openLastNote()
}

run(start())
