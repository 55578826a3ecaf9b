internal import HTTPTypes
internal import Hummingbird
internal import Logging
public import ShopKit

/// The product catalog: what there is and what it costs.
public enum CatalogService: ShopService {
    public static let name = ServiceName.catalog

    public static func assemble(_ service: ServiceAssembly) throws {
        let catalog = Catalog(try service.openDatabase(Catalog.migrations))
        let (logger, audit) = (service.logger, service.audit)
        let products = service.router.group("/products").add(middleware: SlowProducts(faults: service.faults))

        products.get { request, _ -> [Product] in
            let page = try PageRequest(request)
            return try await catalog.products(category: page.category, after: page.after, limit: page.limit)
        }
        products.get("/{id}") { _, context -> Product in
            let id = try context.number("id")
            guard let product = try await catalog.product(id) else { throw Problem(.notFound, "there is no product \(id)") }
            return product
        }

        let administration = service.router.group("/products").add(middleware: RequireAdmin(service.tokens))
        administration.post { request, context -> EditedResponse<Product> in
            var product = try await request.decode(as: ProductRequest.self, context: context).product(id: 0)
            product.id = try await catalog.add(product)
            logger.info("product added", metadata: ["product_id": .stringConvertible(product.id)])
            audit.record(actor: context.user.actor, action: "add product", object: "product \(product.id)")
            return EditedResponse(status: .created, response: product)
        }
        administration.put("/{id}") { request, context -> Product in
            let id = try context.number("id")
            let product = try await request.decode(as: ProductRequest.self, context: context).product(id: id)
            guard try await catalog.replace(product) else { throw Problem(.notFound, "there is no product \(id)") }
            audit.record(actor: context.user.actor, action: "change product", object: "product \(id)")
            return product
        }
    }
}

/// Which part of the list of products is wanted.
struct PageRequest: Sendable, Hashable {
    static let limitMax = 100
    var category: String?
    var after = 0
    var limit = 20

    init(_ request: Request) throws(Problem) {
        let query = request.uri.queryParameters
        category = query["category"].map(String.init)
        if let text = query["after"] {
            guard let after = Int(text), after >= 0 else { throw Problem(.badRequest, "after is the number of a product") }
            self.after = after
        }
        if let text = query["limit"] {
            guard let limit = Int(text), (1...PageRequest.limitMax).contains(limit) else {
                throw Problem(.badRequest, "limit is from 1 to \(PageRequest.limitMax)")
            }
            self.limit = limit
        }
    }
}

/// The fault `slow-catalog`.
struct SlowProducts: RouterMiddleware {
    typealias Context = ShopContext

    let faults: Faults

    func handle(
        _ request: Request, context: ShopContext, next: (Request, ShopContext) async throws -> Response
    ) async throws -> Response {
        if let milliseconds = faults.number(of: .slowCatalog) { try await Task.sleep(for: .milliseconds(milliseconds)) }
        return try await next(request, context)
    }
}
