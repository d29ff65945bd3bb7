import { expect, test } from 'vitest'
import { layOut, RowBuilder } from '../../../src/main/sqlite/wire/cells.ts'
import type { Cell, Cells } from '../../../src/main/sqlite/wire/protocol.ts'

const names = ['id', 'text', '__proto__', 'a "quoted"\u2028`name`', 'bytes']

function rowOf(index: number): Cell[] {
  return [
    index % 5 === 0 ? null : index / 2,
    `text ${index}`,
    index,
    index % 2 ? 9n : 'mixed',
    Buffer.from([index]),
  ]
}

test.each([1, 2, 32, 33, 500])(
  '%i rows are after their way what they were before, whatever a column is called',
  (count) => {
    const rows = Array.from({ length: count }, (_, index) => rowOf(index))
    const cells: Cells = structuredClone(layOut(rows, names.length).cells)
    const built = new RowBuilder(names).build(count, cells)
    expect(built).toHaveLength(count)
    for (const [index, row] of built.entries()) {
      expect(Object.keys(row)).toEqual(names)
      expect(Object.values(row)).toEqual(rowOf(index))
      expect(row.bytes).toBeInstanceOf(Buffer)
    }
  },
)
