/// A service of the shop: its name, and how it is put together.
///
///     public enum CatalogService: ShopService {
///         public static let name = ServiceName.catalog
///
///         public static func assemble(_ service: ServiceAssembly) throws {
///             let database = try service.openDatabase(Catalog.migrations)
///             service.router.get("/products") { … }
///         }
///     }
public protocol ShopService: SendableMetatype {
    static var name: ServiceName { get }

    /// What the routes are, for `/openapi.json`.
    static var api: APIDocument { get }

    /// Opens the database, adds routes and what runs in the background.
    static func assemble(_ service: ServiceAssembly) async throws
}
