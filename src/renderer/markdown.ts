import { defineLanguageFacet, Language, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { tagHighlighter, tags } from '@lezer/highlight'
import { type MarkdownConfig, parser, Strikethrough, TaskList } from '@lezer/markdown'

/** Longer notes are not highlighted. */
const LONGEST_HIGHLIGHTED = 200_000

/**
 * The parser reads a whole paragraph at every key, and its time grows with the square of some texts. So it reads no more of
 * one paragraph than this many characters at once, and no longer line at all.
 */
const LONGEST_PIECE = 4_000

const shortPieces: MarkdownConfig = {
  parseBlock: [
    {
      name: 'ShortPieces',
      before: 'LinkReference',
      parse(context, line) {
        if (line.text.length <= LONGEST_PIECE) return false
        context.nextLine()
        return true
      },
      endLeaf: (_context, line, leaf) => leaf.content.length + line.text.length > LONGEST_PIECE,
    },
  ],
}

const language = new Language(defineLanguageFacet(), parser.configure([Strikethrough, TaskList, shortPieces]))

const classes = tagHighlighter([
  { tag: tags.heading, class: 'md-heading' },
  { tag: tags.strong, class: 'md-strong' },
  { tag: tags.emphasis, class: 'md-emphasis' },
  { tag: tags.strikethrough, class: 'md-struck' },
  { tag: tags.monospace, class: 'md-code' },
  { tag: [tags.link, tags.url], class: 'md-link' },
  { tag: [tags.processingInstruction, tags.quote, tags.contentSeparator], class: 'md-mark' },
])

const highlighting = [language.extension, syntaxHighlighting(classes)]
const compartment = new Compartment()

/** Highlights Markdown in a text of this length, and as long as the text does not become too long for it. */
export function markdown(length: number): Extension {
  return [
    compartment.of(highlightingFor(length)),
    EditorState.transactionExtender.of(({ startState, changes }) => {
      const next = highlightingFor(changes.newLength)
      return next === compartment.get(startState) ? null : { effects: compartment.reconfigure(next) }
    }),
  ]
}

const none: Extension = []

function highlightingFor(length: number): Extension {
  return length > LONGEST_HIGHLIGHTED ? none : highlighting
}
