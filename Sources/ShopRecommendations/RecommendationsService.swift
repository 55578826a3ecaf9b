internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import PerchMetrics
public import ShopKit

/// Recommendations: what else somebody might like, for those who agree to be analysed.
public enum RecommendationsService: ShopService {
    public static let name = ServiceName.recommendations

    public static func assemble(_ service: ServiceAssembly) throws {
        let database = try service.openDatabase(Purchases.migrations)
        let purchases = Purchases(database)
        let recommender = Recommender(
            purchases: purchases, catalog: try service.client(to: .catalog), metrics: RecommendationsMetrics(in: service.telemetry.metrics))
        service.router.group().add(middleware: RequireUser(service.tokens)).post("/recommendations") { request, context -> [Product] in
            let wanted = try await request.decode(as: RecommendationRequest.self, context: context).checked()
            guard context.user.userID == wanted.userID || context.user.roles.contains(.admin) else {
                throw Problem(.forbidden, "these are somebody else's recommendations")
            }
            return try await recommender.recommend(wanted)
        }
        let logger = service.logger
        service.receiveEvents(
            database,
            then: { event in
                guard event.kind == .userErased else { return }
                try await purchases.checkpoint()
                logger.info("purchases of a user erased", metadata: ["user_id": .string(event.subject)])
            },
            Purchases.take)
        service.add(Leak(faults: service.faults, logger: service.logger))
    }
}

/// Finds what to recommend.
struct Recommender: Sendable {
    let purchases: Purchases
    let catalog: ShopClient
    let metrics: RecommendationsMetrics

    func recommend(_ wanted: RecommendationRequest) async throws -> [Product] {
        guard try await purchases.hasConsent(wanted.userID) else {
            metrics.recommendations[.noConsent].increment()
            throw Problem(.forbidden, "the user has not agreed to analytics")
        }
        let ranking = Ranking(boughtTogether: try await purchases.boughtTogether(with: wanted.productID))
        let all = try await catalog.get("/products?limit=100", template: "/products", as: [Product].self)
        let products = ranking.products(beside: wanted.productID, of: all, limit: wanted.limit ?? 5)
        metrics.recommendations[products.isEmpty ? .empty : .served].increment()
        return products
    }
}
